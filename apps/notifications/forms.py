"""Forms of the inbox."""

from __future__ import annotations

from django import forms


class MarkAllReadForm(forms.Form):
    """`until` is when the page was shown. Without a sensible one nothing is marked."""

    until = forms.DateTimeField()
