"""Applying a plan of role settings that was looked at."""

from __future__ import annotations

from django import forms

from apps.accounts.web import ConfirmForm


class ApplyForm(ConfirmForm):
    """The name of the plan that was shown, and the second factor."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
