"""What an admin fills in to decide on an assignment that is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.timezone import localtime

from apps.access_requests.forms.assigning import LATER, OTHER, PERMANENT, AssignForm
from apps.access_requests.forms.deciding import DecisionField
from apps.access_requests.forms.fields import OUT_OF_DATE, JustificationField
from apps.access_requests.models import AccessRequest
from apps.access_requests.states import Action

# What changes an assignment that there is leaves its start where it is.
_MOVING = (Action.SELF_EXTEND, Action.ADMIN_EXTEND, Action.ADMIN_UPDATE)


class DecideAssignmentForm(AssignForm):
    """Approve, perhaps as another type or for another period, or deny; on exactly what `digest` stands for.
    It begins with what was asked. Cleaned: `choice`, `kind`, `starts_at`, `ends_at`, `justification`,
    `digest`."""

    def __init__(self, *args: Any, asked: AccessRequest, **kwargs: Any) -> None:
        self._asked = asked
        self.start_now = "As it is" if asked.action in _MOVING else "When approved"
        super().__init__(*args, **kwargs)
        self.fields["kind"].initial = asked.kind.value
        self._begin_with_what_was_asked()
        self.fields["choice"] = DecisionField()
        self.fields["digest"] = forms.CharField(
            max_length=64, widget=forms.HiddenInput, error_messages={"required": OUT_OF_DATE}
        )
        self.fields["justification"] = JustificationField(
            label="Your reason",
            help_text=f"{asked.requester_name} and the audit log see it.",
            missing="Say what your decision rests on.",
            required=True,
            rows=2,
        )

    def clean(self) -> dict[str, Any]:
        """Who denies grants no period: whatever stands there refuses nothing."""
        if self.cleaned_data.get("choice") != "deny":
            return super().clean()
        return self.cleaned_data | {"kind": self._asked.kind, "starts_at": None, "ends_at": None}

    def _begin_with_what_was_asked(self) -> None:
        ends_at, starts_at = self._asked.ends_at, self._asked.starts_at
        if ends_at is not None:
            self.fields["end"].initial = OTHER
            self.fields["ends_at"].initial = self._local(ends_at)
        elif self.days is None:
            self.fields["end"].initial = PERMANENT
        if starts_at is not None and starts_at > self._now:
            self.fields["start"].initial = LATER
            self.fields["starts_at"].initial = self._local(starts_at)

    def _local(self, instant: datetime) -> str:
        return localtime(instant, self._zone).strftime("%Y-%m-%dT%H:%M")

    def _layout(self) -> list[Any]:
        return ["digest", *super()._layout()]
