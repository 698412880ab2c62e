"""The filters of audit lists."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from apps.audit.selectors import Selection
from apps.audit.vocabulary import AuditAction, Outcome
from apps.common.web.forms import PortalForm

# Further out nothing can have happened, and the ends of the calendar have no instant in every zone.
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
        validators=[
            MinValueValidator(_FIRST_DAY, "Choose a day from 2000 on."),
            MaxValueValidator(_LAST_DAY, "Choose a day before 2200."),
        ],
    )


def _text(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "class": "form-control"}),
    )


class HistoryFilter(PortalForm):
    """Days of the viewer's zone, the last one included, and one kind of event. Everything may stay empty."""

    since = _day("From")
    until = _day("To")
    action = forms.ChoiceField(
        label="Action",
        required=False,
        choices=[("", "All actions"), *sorted(AuditAction.choices, key=lambda choice: choice[1])],
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day lies before the first.")
        return given

    def selection(self) -> Selection:
        """What was chosen: instants instead of days."""
        given = self.cleaned_data
        since, until = given["since"], given["until"]
        return Selection(
            since=since and _midnight(since),
            until=until and _midnight(until + timedelta(days=1)),
            action=given["action"] or None,
            outcome=given.get("outcome") or None,
            person=given.get("person", ""),
            role=given.get("role", ""),
        )


class LogFilter(HistoryFilter):
    """The same for the log of everybody: whom it names, which role, and how it went."""

    outcome = forms.ChoiceField(
        label="Outcome",
        required=False,
        choices=[("", "All outcomes"), *Outcome.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    person = _text("Person")
    role = _text("Role")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
