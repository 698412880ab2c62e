"""The filters of audit lists."""

from __future__ import annotations

from django import forms

from apps.audit.selectors import Selection
from apps.audit.vocabulary import AuditAction, Outcome
from apps.common.web.periods import PeriodForm


def _text(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "class": "form-control"}),
    )


class HistoryFilter(PeriodForm):
    """A period and one kind of event. Everything may stay empty."""

    action = forms.ChoiceField(
        label="Action",
        required=False,
        choices=[("", "All actions"), *sorted(AuditAction.choices, key=lambda choice: choice[1])],
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def selection(self) -> Selection:
        """What was chosen: instants instead of days."""
        given = self.cleaned_data
        since, until = self.instants()
        return Selection(
            since=since,
            until=until,
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
