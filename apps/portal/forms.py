"""What a report is to be about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.timezone import localdate

from apps.common.access import Provider
from apps.common.web.periods import PeriodForm, filter_choice
from apps.common.web.searching import LONGEST
from apps.portal.reports.selectors import Held, Holders, Report


def _id() -> forms.UUIDField:
    return forms.UUIDField(required=False, widget=forms.HiddenInput)


class ReportForm(PeriodForm):
    """A day, or a period; and of whom, what and where. Without a day it is today."""

    provider = filter_choice("Of", [("", "Everything"), *Provider.choices])
    held = filter_choice("Held as", [("", "Anything"), *Held.choices])
    holders = filter_choice("Groups", Holders.choices)
    q = forms.CharField(
        label="Search",
        required=False,
        max_length=LONGEST,
        widget=forms.TextInput(
            attrs={"type": "search", "class": "form-control", "placeholder": "Person, role, resource"}
        ),
    )
    on, person, role = _id(), _id(), _id()  # named by the page from which one comes

    def __init__(self, data: QueryDict, *, now: datetime) -> None:
        filled = data.copy()
        day = data.get("since") or data.get("until") or localdate(now).isoformat()
        for name in ("since", "until"):
            if not data.get(name):
                filled[name] = day
        super().__init__(filled)

    def report(self, *, path: str) -> Report:
        """What a valid form asks for; `path` is that of the resource it names."""
        given: dict[str, Any] = self.cleaned_data
        since, until = self.instants()
        return Report(
            since=since,
            until=until,
            provider=given["provider"],
            path=path,
            person=given["person"],
            role=given["role"],
            held=given["held"],
            words=given["q"],
            holders=given["holders"] or Holders.GROUPS,
        )
