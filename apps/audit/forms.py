"""The filters of audit lists."""

from __future__ import annotations

from django import forms

from apps.audit.groups import choices
from apps.audit.selectors import Selection
from apps.audit.vocabulary import Outcome
from apps.common.web.periods import PeriodForm, filter_choice


def _text(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "class": "form-control"}),
    )


class HistoryFilter(PeriodForm):
    """A period, what happened, and how and why. Everything may stay empty."""

    action = filter_choice("Event", [("", "All events"), *choices()])
    q = _text("Reason, ticket or name")
    role = _text("Role")
    outcome = filter_choice("Outcome", [("", "All outcomes"), *Outcome.choices])

    first = ("since", "until", "action", "q")  # the others are shown when asked for

    def selection(self) -> Selection:
        """What was chosen: instants instead of days."""
        given = self.cleaned_data
        since, until = self.instants()
        return Selection(
            since=since,
            until=until,
            action=given["action"],
            outcome=given["outcome"] or None,
            person=given.get("person", ""),
            role=given["role"],
            words=given["q"],
        )

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.first]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.first]

    @property
    def has_more(self) -> bool:
        """Whether one of the others was used."""
        return any(self.data.get(field.html_name) for field in self.more_fields)


class LogFilter(HistoryFilter):
    """The same for the log of everybody: whom it names."""

    person = _text("Person")
    field_order = ("since", "until", "action", "q", "person", "role", "outcome")
