"""Forms of the inbox, and of what also comes by mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from apps.common.web.forms import PortalForm
from apps.notifications.models import NoticePreferences
from apps.notifications.policy import Kind

# The ends of the calendar have no instant in every time zone; no page was shown there.
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class MarkAllReadForm(forms.Form):
    """`until` is when the page was shown. Without a sensible one nothing is marked."""

    until = forms.DateTimeField(validators=[MinValueValidator(_EARLIEST), MaxValueValidator(_LATEST)])


_TELLS = {
    Kind.ANSWERS: "A request was approved, denied or cancelled, ran out of time, or failed.",
    Kind.REMINDERS: "An assignment ends soon, or an activation in a few minutes. The latter comes at once.",
    Kind.ACTIVATIONS: "Somebody activated a role.",
    Kind.ASSIGNMENTS: "A role was assigned, changed or has ended.",
    Kind.REVIEWS: "A review is completed, or its results are applied.",
    Kind.ALERTS: "A scan found something risky.",
    Kind.SUMMARIES: "The week of the portal, for administrators; an import or another long job is done.",
}
_AT_ONCE, _QUIET, _DAILY = "at_once", "quiet", "daily"
_USUAL = {"quiet_from": time(20), "quiet_until": time(7), "digest_hour": 8}


class TimeField(forms.TimeField):
    """A time of day, to the minute."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class PreferencesForm(PortalForm):
    """Which notices also come by mail, and when. `columns` are what was chosen, as the model has them."""

    kinds = forms.MultipleChoiceField(
        label="Also by e-mail",
        choices=Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "There is no such kind of notice."},
    )
    when = forms.ChoiceField(
        label="When",
        choices=[
            (_AT_ONCE, "Each one at once"),
            (_QUIET, "Not in my quiet hours"),
            (_DAILY, "Once a day, all in one mail"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose when mail comes."},
    )
    quiet_from = TimeField(label="From", required=False)
    quiet_until = TimeField(label="Until", required=False)
    digest_hour = forms.TypedChoiceField(
        label="At", choices=[(hour, f"{hour:02}:00") for hour in range(24)], coerce=int, required=False
    )

    def __init__(self, *args: Any, chosen: NoticePreferences, **kwargs: Any) -> None:
        columns = ("quiet_from", "quiet_until", "digest_hour")
        set_there = {name: getattr(chosen, name) for name in columns if getattr(chosen, name) is not None}
        initial = {
            **_USUAL,
            **set_there,
            "kinds": [kind for kind in Kind if kind not in chosen.inbox_only],
            "when": _when(chosen),
        }
        super().__init__(*args, initial=initial, **kwargs)

    @property
    def kinds_told(self) -> Iterator[tuple[forms.BoundWidget, str]]:
        """Each box, with what such notices tell of."""
        for box in self["kinds"]:
            yield box, _TELLS[Kind(box.data["value"])]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        when = data.get("when")
        if when == _DAILY and data.get("digest_hour") in (None, ""):
            self.add_error("digest_hour", "Choose an hour.")
        if when == _QUIET and not self.errors:
            if not (data.get("quiet_from") and data.get("quiet_until")):
                self.add_error("quiet_from", "Say from when until when.")
            elif data["quiet_from"] == data["quiet_until"]:
                self.add_error("quiet_until", "Choose another time than the one they begin at.")
        return data

    @property
    def columns(self) -> dict[str, Any]:
        data, when = self.cleaned_data, self.cleaned_data["when"]
        return {
            "inbox_only": [kind.value for kind in Kind if kind not in data["kinds"]],
            "digest_hour": data["digest_hour"] if when == _DAILY else None,
            "quiet_from": data["quiet_from"] if when == _QUIET else None,
            "quiet_until": data["quiet_until"] if when == _QUIET else None,
        }


def _when(chosen: NoticePreferences) -> str:
    if chosen.digest_hour is not None:
        return _DAILY
    return _AT_ONCE if chosen.quiet_from is None else _QUIET
