"""What a person fills in to ask for an activation, or for a running one to last longer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.core.exceptions import ValidationError

from apps.access_requests.forms.fields import (
    ORDER,
    REASON,
    SEGMENTED,
    DurationChoices,
    JustificationField,
    TicketField,
    later_start,
    whole_minutes,
)
from apps.accounts.web import StepUpForm
from apps.common.spans import minutes_in_words

_OTHER = "other"


class AskForm(StepUpForm):
    """How long and why: what activating and extending have in common.

    `duration` is what is chosen at first, `last_used_minutes` what the person took last time. Cleaned:
    `minutes`, `justification`, `ticket_number`, `ticket_system`. A press on a recent reason (`use_reason`)
    only fills the box: the form then comes back unbound, with everything that was typed.
    """

    fillers = (*StepUpForm.fillers, "use_reason")

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
        super().__init__(data, **kwargs)
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
        self.order_fields(ORDER)

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        if field_name == "justification" and self.typed.get("use_reason"):
            return self.typed["use_reason"]
        return super().get_initial_for_field(field, field_name)

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
            Div(Field("duration", template=SEGMENTED), "other_duration", css_class="with-other")
        ]
        parts.append(Field("justification", template=REASON))
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
        self.order_fields(ORDER)

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
            self._put("starts_at", "starts_at", lambda: later_start(typed, self._zone, self._now))
        return cleaned

    def _layout(self) -> list[Any]:
        duration, *rest = super()._layout()
        start = Div(Field("start", template=SEGMENTED), "starts_at", css_class="with-other")
        scope = ["scope"] if "scope" in self.fields else []
        return ["pick", *scope, duration, start, *rest]
