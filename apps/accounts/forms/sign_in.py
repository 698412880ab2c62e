"""The sign-in form."""

from __future__ import annotations

from django import forms

from apps.accounts.forms.fields import PasswordField
from apps.common.web.forms import PortalForm


class SignInForm(PortalForm):
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
        error_messages={
            "required": "Enter your e-mail address.",
            "invalid": "Enter an e-mail address, such as name@example.com.",
        },
    )
    password = PasswordField(
        label="Password", autocomplete="current-password", missing="Enter your password."
    )
