"""From one day to another, as forms ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common.templatetags.portal import options
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


def filter_choice(label: str, choices: Sequence[tuple[str, Any]]) -> forms.ChoiceField:
    """One of several, in a row of filters; it may stay as it is."""
    return forms.ChoiceField(
        label=label, required=False, choices=choices, widget=_Select(attrs={"class": "form-select"})
    )


class _Select(forms.Select):
    """Without a template: the filter of the audit log has a hundred options."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,  # noqa: ARG002
    ) -> SafeString:
        return format_html(
            '<select name="{}"{}>{}</select>',
            name,
            flatatt(self.build_attrs(self.attrs, attrs)),
            options(self.choices, *self.format_value(value)),
        )


class PeriodForm(PortalForm):
    """Days of the viewer's zone, the last one included. Both may stay empty."""

    since = _day("From")
    until = _day("To")

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day lies before the first.")
        return given

    def instants(self) -> tuple[datetime | None, datetime | None]:
        """What was chosen: from the one up to, and not including, the other; `None` leaves that side open."""
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        return since and _midnight(since), until and _midnight(until + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
