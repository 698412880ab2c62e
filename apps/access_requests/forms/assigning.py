"""What an admin fills in to give roles, and to change what was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localtime

from apps.access_requests.forms.fields import (
    REASON,
    SEGMENTED,
    JustificationField,
    instant_at,
    later_start,
)
from apps.access_requests.policy.changing import Limits
from apps.accounts.web import StepUpForm
from apps.assignments.models import Assignment
from apps.common.text import is_blank
from apps.roles.policy.rules import DAYS_OFFERED

PERMANENT, OTHER, NOW, LATER = "permanent", "other", "now", "later"
# An instant, permanent, or nothing in particular.
FirstEnd = datetime | str | None
_ORDER = ("pick", "kind", "start", "starts_at", "end", "ends_at", "justification", "code")
_FARTHEST_END = timedelta(days=10 * 366)


class ReasonForm(StepUpForm):
    """Why, and the second factor: all that taking a role away asks for. Cleaned: `justification`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"factor_required": True} | kwargs))
        self.fields["justification"] = JustificationField(
            label="Justification",
            help_text="Those concerned and the audit log see it.",
            missing="Say why.",
            required=False,
            rows=2,
        )
        self.order_fields(_ORDER)

    def proposal(self) -> dict[str, Any]:
        """What would be cleaned if it were sent as it is shown at first."""
        return {"justification": ""}

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(*self._layout())
        return helper

    def _layout(self) -> list[Any]:
        code = [Field("code", wrapper_class="code-field")] if "code" in self.fields else []
        return [Field("justification", template=REASON), *code]


class RevokeForm(ReasonForm):
    """The same for everything somebody has: not without a reason."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["justification"].required = True


class PeriodForm(ReasonForm):
    """From when and until when, for one kind of assignment. `limits` are those of the settings, which the
    form shows in place and the door enforces; `tz` is the zone that typed times are read in.

    `first_end` is the end to begin with, where there is one, `kind` the kind. Cleaned: `starts_at` (UTC, or
    None for now or unchanged), `ends_at` (UTC, or None for permanent), `kind`, `justification`.
    """

    has_preview = True
    typed: ClassVar[tuple[str, ...]] = ("kind", "start", "starts_at", "end", "ends_at", "justification")
    kinds: ClassVar[tuple[Assignment.Kind, ...]] = ()
    start_now = "Now"

    def __init__(
        self,
        *args: Any,
        limits: Limits,
        kind: Assignment.Kind,
        tz: tzinfo,
        now: datetime,
        first_end: FirstEnd = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.limits, self._kind, self._zone, self._now, self._first = limits, kind, tz, now, first_end
        if self.start_now:
            self._add_start()
        self._add_end()
        kinds = self.kinds or (kind,)
        if limits.active_wants_reason and Assignment.Kind.ACTIVE in kinds:
            self.fields["justification"].help_text += " Active assignments need one."
            self.fields["justification"].required = kinds == (Assignment.Kind.ACTIVE,)
        self.order_fields(_ORDER)

    @property
    def days(self) -> int | None:
        """The longest that any kind to choose from may last; nothing where one may be permanent."""
        maxima = [self.limits.days(kind) for kind in self.kinds or (self._kind,)]
        return None if None in maxima else max(days for days in maxima if days is not None)

    def proposal(self) -> dict[str, Any]:
        chosen, kind = self.fields["end"].initial, self._kind
        if chosen == PERMANENT:
            ends_at = None
        elif chosen == OTHER:
            ends_at = self._first if isinstance(self._first, datetime) else None
        else:
            ends_at = self._now + timedelta(days=int(chosen))
        return super().proposal() | {"kind": kind, "starts_at": None, "ends_at": ends_at}

    def _add_start(self) -> None:
        self.fields["start"] = forms.ChoiceField(
            label="Start",
            choices=[(NOW, self.start_now), (LATER, "Later…")],
            initial=NOW,
            widget=forms.RadioSelect,
        )
        self.fields["starts_at"] = self._instant("Start time")

    def _add_end(self) -> None:
        maximum = self.days
        offered = [days for days in DAYS_OFFERED if maximum is None or days <= maximum]
        choices = [(str(days), "1 year" if days == 365 else f"{days} days") for days in offered]
        if maximum is None:
            choices.append((PERMANENT, "Permanent"))
        self.fields["end"] = forms.ChoiceField(
            label="End",
            choices=[*choices, (OTHER, "Until…")],
            initial=self._first_end(offered),
            widget=forms.RadioSelect,
            help_text=" ".join(self.limits.in_words(kind) for kind in self.kinds or (self._kind,)),
        )
        self.fields["ends_at"] = self._instant("End time")
        if isinstance(self._first, datetime):
            self.fields["ends_at"].initial = localtime(self._first, self._zone).strftime("%Y-%m-%dT%H:%M")

    def _first_end(self, offered: Sequence[int]) -> str:
        """What there is; else a quarter, or as long as is allowed. Never permanent unasked."""
        if isinstance(self._first, datetime):
            return OTHER
        if self._first == PERMANENT and self.days is None:
            return PERMANENT
        return str(max((days for days in offered if days <= 90), default=OTHER))

    def _instant(self, label: str) -> forms.CharField:
        return forms.CharField(
            label=label,
            required=False,
            max_length=32,
            help_text=f"In your time zone, {self._zone}.",
            widget=forms.TextInput(attrs={"type": "datetime-local"}),
        )

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        cleaned.setdefault("kind", self._kind)
        typed_start, cleaned["starts_at"] = cleaned.get("starts_at", ""), None
        typed_end, cleaned["ends_at"] = cleaned.get("ends_at", ""), None
        if cleaned.get("start") == LATER:
            self._put("starts_at", lambda: later_start(typed_start, self._zone, self._now))
        if cleaned.get("end", PERMANENT) != PERMANENT:
            self._put("ends_at", lambda: self._end(cleaned["end"], typed_end))
        self._want_reason(cleaned)
        return cleaned

    def _want_reason(self, cleaned: dict[str, Any]) -> None:
        wanted = cleaned.get("kind") == Assignment.Kind.ACTIVE and self.limits.active_wants_reason
        if wanted and is_blank(cleaned.get("justification", "")) and "justification" not in self.errors:
            self.add_error("justification", "Say why. The settings ask for it where a role is active.")

    def _put(self, field: str, value: Callable[[], Any]) -> None:
        try:
            self.cleaned_data[field] = value()
        except ValidationError as error:
            self.add_error(field, error)

    def _end(self, chosen: str, typed: str) -> datetime:
        start = self.cleaned_data.get("starts_at") or self._now
        if chosen != OTHER:
            return start + timedelta(days=int(chosen))
        end = instant_at(typed, self._zone)
        if end <= self._now:
            raise ValidationError("This time has passed. Choose a later one.")
        if end > self._now + _FARTHEST_END:
            raise ValidationError("Choose an end within the next ten years.")
        return end

    def _layout(self) -> list[Any]:
        kind = [Field("kind", template=SEGMENTED)] if "kind" in self.fields else []
        start = []
        if "start" in self.fields:
            start = [Div(Field("start", template=SEGMENTED), "starts_at", css_class="with-other")]
        end = Div(Field("end", template=SEGMENTED), "ends_at", css_class="with-other")
        return [*kind, *start, end, *super()._layout()]


class UpdateForm(PeriodForm):
    """Another period for assignments that there are."""

    start_now = "As it is"


class ExtendAssignmentsForm(PeriodForm):
    """A later end."""

    start_now = ""


class AssignForm(PeriodForm):
    """The second step of adding assignments: which kind, from when, until when, why."""

    kinds = (Assignment.Kind.ELIGIBLE, Assignment.Kind.ACTIVE)

    def __init__(self, *args: Any, kind: Assignment.Kind = Assignment.Kind.ELIGIBLE, **kwargs: Any) -> None:
        super().__init__(*args, kind=kind, **kwargs)
        self.fields["kind"] = forms.TypedChoiceField(
            label="Assignment type",
            choices=[(kind.value, kind.label) for kind in self.kinds],
            coerce=Assignment.Kind,
            initial=kind.value,
            widget=forms.RadioSelect,
            help_text="Eligible: may activate the role when it is needed. Active: holds it all the time.",
        )
        self.order_fields(_ORDER)


class RenewForm(AssignForm):
    """The same, for what has ended."""
