"""What a person fills in to ask for access and to decide. Forms see to shape; the rules are the policy's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar
from uuid import UUID

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime

from apps.access_requests.policy.activation import FARTHEST_START, MINIMUM_MINUTES
from apps.accounts.web import StepUpForm
from apps.common.spans import minutes_in_words

LONGEST_JUSTIFICATION = 500
LONGEST_TICKET = 60

_OTHER = "other"
# As they stand on the page; errors are listed in this order.
_ORDER = (
    "pick",
    "scope",
    "duration",
    "other_duration",
    "start",
    "starts_at",
    "justification",
    "ticket_number",
    "ticket_system",
    "code",
)
_SEGMENTED = "components/segmented_field.html"
_REASON = "components/reason_field.html"
_OUT_OF_DATE = "This page is out of date. Open it again."
_TOO_LONG = "Shorten this to %(limit_value)d characters; it has %(show_value)d."


# ---- Fields ------------------------------------------------------------------------------------------------


def whole_minutes(text: str, maximum: int) -> int:
    """The minutes that `text` names, from 5 to `maximum`; anything else is a sentence."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ValidationError("Choose how long, in whole minutes.")
    minutes = int(text)
    if minutes < MINIMUM_MINUTES:
        raise ValidationError(f"Choose at least {minutes_in_words(MINIMUM_MINUTES)}.")
    if minutes > maximum:
        raise ValidationError(f"Choose at most {minutes_in_words(maximum)}.")
    return minutes


def instant_at(text: str, zone: tzinfo) -> datetime:
    """The UTC instant of a date and time on the viewer's clock. Where the clock changes, some times come
    twice and some not at all: neither is guessed."""
    try:
        local = parse_datetime(text)
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None:
        raise ValidationError("Give a date and a time, such as 2026-11-25 08:00.")
    try:
        first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        shown = first.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise ValidationError("Choose a start within the next year.") from None
    if shown != local:
        raise ValidationError("The clock skips this time that day. Choose an earlier or later one.")
    if first != second:
        raise ValidationError("The clock shows this time twice that day. Choose an earlier or later one.")
    return first


class JustificationField(forms.CharField):
    """Free text for people; approvers and auditors read it."""

    def __init__(self, *, label: str, help_text: str, missing: str, required: bool, rows: int = 3) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            required=required,
            max_length=LONGEST_JUSTIFICATION,
            error_messages={"required": missing, "max_length": _TOO_LONG},
            widget=forms.Textarea(attrs={"rows": rows, "data-count": LONGEST_JUSTIFICATION}),
        )

    def to_python(self, value: Any) -> str:
        """Browsers count a line break as one character and send two."""
        return super().to_python(value).replace("\r\n", "\n")


class TicketField(forms.CharField):
    def __init__(self, *, label: str, missing: str) -> None:
        super().__init__(
            label=label,
            max_length=LONGEST_TICKET,
            error_messages={"required": missing, "max_length": _TOO_LONG},
        )


class DurationChoices:
    """The lengths a form offers: presets to press, and every half hour up to the maximum to pick from."""

    def __init__(self, presets: Iterable[int], maximum: int, chosen: int) -> None:
        fitting = {minutes for minutes in presets if minutes <= maximum}
        half_hours = {*range(30, maximum + 1, 30)}
        self.presets = [(str(minutes), minutes_in_words(minutes)) for minutes in sorted({*fitting, chosen})]
        others = sorted((half_hours | {maximum}) - fitting - {chosen})
        self.others = [(str(minutes), minutes_in_words(minutes)) for minutes in others]


# ---- Asking ------------------------------------------------------------------------------------------------


class AskForm(StepUpForm):
    """How long and why: what activating and extending have in common.

    `duration` is what is chosen at first, `last_used_minutes` what the person took last time. Cleaned:
    `minutes`, `justification`, `ticket_number`, `ticket_system`. A press on a recent reason (`use_reason`)
    only fills the box: the form then comes back unbound, with everything that was typed.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        duration: int,
        presets: Sequence[int],
        maximum_minutes: int,
        wants_reason: bool,
        wants_ticket: bool,
        last_used_minutes: int | None = None,
        **kwargs: Any,
    ) -> None:
        self._maximum = maximum_minutes
        is_filling = data is not None and bool(data.get("use_reason"))
        if is_filling:
            typed = {name: data.get(name) for name in data if name != "pick"}
            kwargs["initial"] = kwargs.get("initial", {}) | typed | {"justification": data["use_reason"]}
        super().__init__(None if is_filling else data, **kwargs)
        if is_filling and "code" in self.fields:
            self.fields["code"].widget.render_value = True  # it is not spent yet
        chosen = min(duration, maximum_minutes)
        self._add_duration(DurationChoices(presets, maximum_minutes, chosen), chosen)
        limit = f"At most {minutes_in_words(maximum_minutes)} is allowed."
        used = f"{minutes_in_words(chosen)} is what you used last. " if chosen == last_used_minutes else ""
        self.fields["duration"].help_text = used + limit
        self.fields["justification"] = JustificationField(
            label="Reason",
            help_text="Approvers and auditors read this.",
            missing="Say why you need the role.",
            required=wants_reason,
        )
        if wants_ticket:
            self.fields["ticket_number"] = TicketField(label="Ticket number", missing="This role needs one.")
            self.fields["ticket_system"] = TicketField(
                label="Ticket system", missing="Say where the ticket is."
            )
        self.order_fields(_ORDER)

    def _add_duration(self, choices: DurationChoices, chosen: int) -> None:
        buttons = [*choices.presets, (_OTHER, "Other…")] if choices.others else choices.presets
        self.fields["duration"] = forms.CharField(
            label="How long",
            initial=str(chosen),
            widget=forms.RadioSelect(choices=buttons),
            error_messages={"required": "Choose how long."},
        )
        self.fields["other_duration"] = forms.CharField(
            label="Other duration",
            required=False,
            widget=forms.Select(choices=choices.others),
        )

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        name = "other_duration" if cleaned.get("duration") == _OTHER else "duration"
        if name in cleaned:
            text = cleaned[name]
            self._put("minutes", name, lambda: whole_minutes(text, self._maximum))
        return cleaned

    def _put(self, key: str, field: str, value: Callable[[], Any]) -> None:
        """Clean `key` by `value`, or put its error at `field`."""
        try:
            self.cleaned_data[key] = value()
        except ValidationError as error:
            self.add_error(field, error)

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(*self._layout())
        return helper

    def _layout(self) -> list[Any]:
        parts: list[Any] = [
            Div(Field("duration", template=_SEGMENTED), "other_duration", css_class="with-other")
        ]
        parts.append(Field("justification", template=_REASON))
        if "ticket_number" in self.fields:
            parts.append(Div("ticket_number", "ticket_system", css_class="two-columns"))
        if "code" in self.fields:
            parts.append(Field("code", wrapper_class="code-field"))
        return parts


class ExtendForm(AskForm):
    """More time for a running activation; the duration counts from the decision."""


class ActivateForm(AskForm):
    """Ask for one role or several at once: one duration, one reason, one factor.

    `picks` are the rows that were picked (anything with `.assignment`), `scopes` the resources to choose from
    (anything with `.id` and `.name`) where one role is asked for on a resource that others lie below; `tz` is
    the zone a typed start is read in. Cleaned further: `starts_at` (UTC, or None for now), `scope` (an id as
    text, or "").
    """

    def __init__(
        self,
        *args: Any,
        picks: Sequence[Any],
        tz: tzinfo,
        now: datetime,
        scopes: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        self._zone = tz
        self._now = now
        super().__init__(*args, **kwargs)
        ids = [str(row.assignment.id) for row in picks]
        self.fields["pick"] = forms.MultipleChoiceField(
            label="Roles",
            choices=[(id_, id_) for id_ in ids],
            initial=ids,
            widget=forms.MultipleHiddenInput,
            error_messages={"required": "Pick at least one role.", "invalid_choice": "Pick the roles again."},
        )
        if len(picks) == 1 and len(scopes) > 1:
            self._add_scope(scopes)
        self._add_start()
        self.order_fields(_ORDER)

    def _add_scope(self, scopes: Sequence[Any]) -> None:
        self.fields["scope"] = forms.ChoiceField(
            label="Scope",
            choices=[(str(resource.id), resource.name) for resource in scopes],
            initial=str(scopes[0].id),
            help_text="The role is active there and below, nowhere else.",
        )

    def _add_start(self) -> None:
        self.fields["start"] = forms.ChoiceField(
            label="Start",
            choices=[("now", "Now"), ("later", "Later…")],
            initial="now",
            widget=forms.RadioSelect,
            help_text="The time runs from the moment the role becomes active.",
        )
        self.fields["starts_at"] = forms.CharField(
            label="Start time",
            required=False,
            max_length=32,
            help_text=f"In your time zone, {self._zone}.",
            widget=forms.TextInput(attrs={"type": "datetime-local"}),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        typed, cleaned["starts_at"] = cleaned.get("starts_at", ""), None
        cleaned.setdefault("scope", "")
        if cleaned.get("start") == "later":
            self._put("starts_at", "starts_at", lambda: self._start(typed))
        return cleaned

    def _start(self, typed: str) -> datetime:
        start = instant_at(typed, self._zone)
        if start <= self._now:
            raise ValidationError("This time has passed. Choose a later one, or Now.")
        if start > self._now + FARTHEST_START:
            raise ValidationError("Choose a start within the next year.")
        return start

    def _layout(self) -> list[Any]:
        duration, *rest = super()._layout()
        start = Div(Field("start", template=_SEGMENTED), "starts_at", css_class="with-other")
        scope = ["scope"] if "scope" in self.fields else []
        return ["pick", *scope, duration, start, *rest]


# ---- Deciding ----------------------------------------------------------------------------------------------


class DecisionField(forms.ChoiceField):
    """Approve or deny, as the pressed button says."""

    def __init__(self) -> None:
        missing = "Choose Approve or Deny."
        super().__init__(
            label="Decision",
            choices=[("approve", "Approve"), ("deny", "Deny")],
            error_messages={"required": missing, "invalid_choice": missing},
        )


class AnswerForm(StepUpForm):
    """What an answer to somebody's request asks for. `reader` is who reads the reason."""

    hidden: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, *args: Any, wants_reason: bool = True, reader: str = "The requester", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["justification"] = JustificationField(
            label="Your reason",
            help_text=f"{reader} and the audit log see it.",
            missing="Say what your decision rests on.",
            required=wants_reason,
            rows=2,
        )
        self.order_fields(_ORDER)

    @property
    def helper(self) -> FormHelper:
        """Without a choice: that is the two buttons, and the template's."""
        helper = super().helper
        code = [Field("code", wrapper_class="code-field")] if "code" in self.fields else []
        helper.layout = Layout(*self.hidden, Field("justification", template=_REASON), *code)
        return helper


class DecisionForm(AnswerForm):
    """What deciding one and deciding many have in common."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"] = DecisionField()


class DecideForm(DecisionForm):
    """One decision, on exactly what `digest` stands for. Cleaned: `choice`, `justification`, `digest`."""

    hidden = ("digest",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["digest"] = forms.CharField(
            max_length=64, widget=forms.HiddenInput, error_messages={"required": _OUT_OF_DATE}
        )


class CancelForm(AnswerForm):
    """Cancel a request; somebody else's with a fresh second factor. Cleaned: `justification`."""


class DecideManyForm(DecisionForm):
    """One decision on several requests. `seen` names each by id, with the digest of what was shown.

    The list posts picks alone; without `seen` the form comes back unbound, so that the page can show what is
    about to be decided. Cleaned: `choice`, `justification`, `seen` (digest by request id).
    """

    hidden = ("seen",)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, seen: Mapping[UUID, str], **kwargs: Any
    ) -> None:
        super().__init__(data if data is not None and "seen" in data else None, **kwargs)
        self.fields["seen"] = forms.Field(
            initial=[f"{id_}:{digest}" for id_, digest in seen.items()],
            widget=forms.MultipleHiddenInput,
            error_messages={"required": "Pick the requests to decide."},
        )

    def clean_seen(self) -> dict[UUID, str]:
        try:
            pairs = (pair.split(":", 1) for pair in self.cleaned_data["seen"])
            seen = {UUID(id_): digest[:64] for id_, digest in pairs}
        except ValueError:
            seen = {}
        if not seen or not all(seen.values()):
            raise ValidationError(_OUT_OF_DATE)
        return seen
