"""The form with which an empty portal is set up, and the one for its organisation's name."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.accounts.web import ConfirmForm
from apps.common.text import is_blank, one_line
from apps.common.web.forms import PortalForm

_LENGTH = 120


class OneLineField(forms.CharField):
    """Some text that says something, as long as it may be once it is one line."""

    def __init__(self, *, missing: str, **kwargs: Any) -> None:
        messages = {"required": missing, "max_length": f"At most {_LENGTH} characters."}
        super().__init__(max_length=_LENGTH, error_messages=messages, **kwargs)

    def to_python(self, value: Any) -> str:
        text = one_line(super().to_python(value))
        return "" if is_blank(text) else text


def _organisation_field() -> OneLineField:
    return OneLineField(
        label="Organisation",
        missing="Give the name of your organisation.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class SetUpForm(PortalForm):
    code = forms.CharField(
        label="Set-up code",
        max_length=40,
        help_text="It stands on the console of the machine, where the portal was started.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Enter the code.", "max_length": "A code is shorter than that."},
    )
    organisation = _organisation_field()
    name = OneLineField(
        label="Your name", missing="Give your name.", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label="Your e-mail",
        max_length=254,
        help_text="You sign in with it.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "Give your e-mail address.",
            "invalid": "Enter an e-mail address, such as name@example.com.",
        },
    )


class OrganisationForm(ConfirmForm):
    organisation = _organisation_field()
