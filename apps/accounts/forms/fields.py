"""Fields that several forms of accounts have."""

from __future__ import annotations

from django import forms


class PasswordField(forms.CharField):
    """Every character counts; a password that was sent is not shown again."""

    def __init__(self, *, label: str, autocomplete: str, missing: str) -> None:
        super().__init__(
            label=label,
            max_length=4096,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
            error_messages={"required": missing, "max_length": "That password is too long."},
        )
