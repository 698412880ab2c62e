"""Forms of the inbox."""

from __future__ import annotations

from datetime import UTC, datetime

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

# The ends of the calendar have no instant in every time zone; no page was shown there.
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class MarkAllReadForm(forms.Form):
    """`until` is when the page was shown. Without a sensible one nothing is marked."""

    until = forms.DateTimeField(validators=[MinValueValidator(_EARLIEST), MaxValueValidator(_LATEST)])
