"""Forms about a round: another end, other reviewers, a note."""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo
from typing import Any

from django import forms

from apps.accounts.web import ConfirmForm, PrincipalsField
from apps.common.text import is_blank
from apps.reviews.policy.terms import Named

_NOTE_LENGTH = 500


class EndForm(ConfirmForm):
    """The last day of a stage; it closes at the same time of day as before, in the `zone` of the review."""

    ends_on = forms.DateField(
        label="Ends on",
        error_messages={"required": "Choose a day.", "invalid": "Give a date, such as 2026-11-25."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, closes_at: datetime, zone: tzinfo, **kwargs: Any) -> None:
        self._local = closes_at.astimezone(zone)
        super().__init__(*args, initial={"ends_on": self._local.date()}, **kwargs)
        self.fields["ends_on"].help_text = f"At {self._local:%H:%M}, as before."
        self.order_fields(("ends_on", "code"))

    def clean_ends_on(self) -> date:
        day: date = self.cleaned_data["ends_on"]
        if not 2000 <= day.year < 2200:
            raise forms.ValidationError("Choose a day within the next years.")
        return day

    @property
    def closes_at(self) -> datetime:
        at = time(self._local.hour, self._local.minute, self._local.second)
        return datetime.combine(self.cleaned_data["ends_on"], at, tzinfo=self._local.tzinfo)


class ReviewersForm(ConfirmForm):
    """Who reviews from now on, and who steps in. `is_selected`: whether people are named for this stage at
    all; else only the fallback is asked for."""

    def __init__(self, *args: Any, is_selected: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_selected:
            self.fields["reviewers"] = PrincipalsField(label="Reviewers", missing="Choose who reviews.")
        self.fields["fallback"] = PrincipalsField(
            label="Fallback reviewers",
            required=False,
            help_text="They review where nobody else can. Some can be added, none removed.",
        )
        self.order_fields(("reviewers", "fallback", "code"))

    def named(self, field: str) -> list[Named]:
        return [Named(row.pk, row.name) for row in self.cleaned_data.get(field, ())]


class NoteForm(ConfirmForm):
    """What was done by hand."""

    note = forms.CharField(
        label="What was done",
        max_length=_NOTE_LENGTH,
        help_text="The audit log keeps it.",
        error_messages={"required": "Say what was done."},
        widget=forms.Textarea(attrs={"rows": 2, "data-count": _NOTE_LENGTH}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(("note", "code"))

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if is_blank(note):
            raise forms.ValidationError("Say what was done.")
        return note.replace("\r\n", "\n")
