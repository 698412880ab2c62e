"""Forms of the pages that a mailed link opens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts

from apps.accounts.forms.fields import PasswordField
from apps.common.web.forms import PortalForm


class LinkPasswordForm(PortalForm):
    """The password that the person has, beside the link."""

    password = PasswordField(
        label="Password", autocomplete="current-password", missing="Enter your password."
    )


class NewPasswordForm(PortalForm):
    new_password = PasswordField(
        label="New password", autocomplete="new-password", missing="Enter a new password."
    )
    new_password_again = PasswordField(
        label="New password again", autocomplete="new-password", missing="Enter the new password again."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password"].help_text = " ".join(password_validators_help_texts())

    def clean_new_password_again(self) -> str:
        again: str = self.cleaned_data["new_password_again"]
        if again != self.cleaned_data.get("new_password", again):
            raise forms.ValidationError("This differs from the new password above.")
        return again
