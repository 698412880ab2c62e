"""Forms about people: who they are, and the code that every change of them asks for."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms

from apps.accounts.models import User
from apps.accounts.web import PEOPLE, PrincipalField, StepUpForm, TimeZoneField
from apps.common.text import is_blank, one_line

_LENGTH = 120
_NO_NAME = "Give a name."
_TOO_LONG = f"At most {_LENGTH} characters."


def _code(form: forms.Form) -> list[Field]:
    return [Field("code", wrapper_class="code-field")] if "code" in form.fields else []


class ConfirmPersonForm(StepUpForm):
    """A change of somebody that needs no words: the second factor, unless it is fresh."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, factor_required=True, **kwargs)

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(*_code(self))
        return helper


class PersonForm(StepUpForm):
    """Who somebody is. Cleaned: columns of `User` by name, and `code`."""

    name = forms.CharField(
        label="Name", max_length=_LENGTH, error_messages={"required": _NO_NAME, "max_length": _TOO_LONG}
    )
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Give an e-mail address.",
            "invalid": "Enter an e-mail address, such as name@example.com.",
        },
    )
    type = forms.ChoiceField(
        label="Type",
        choices=User.Type.choices,
        error_messages={"required": "Choose a type.", "invalid_choice": "There is no such type."},
    )
    job_title = forms.CharField(
        label="Job title", max_length=_LENGTH, required=False, error_messages={"max_length": _TOO_LONG}
    )
    department = forms.CharField(
        label="Department", max_length=_LENGTH, required=False, error_messages={"max_length": _TOO_LONG}
    )
    manager = PrincipalField(
        label="Manager",
        pickable=PEOPLE,
        required=False,
        help_text="Approves where role settings name the requester's manager.",
    )

    def __init__(self, *args: Any, own_zone: str, email_help: str, **kwargs: Any) -> None:
        super().__init__(*args, factor_required=True, **kwargs)
        self.fields["email"].help_text = email_help
        self.fields["time_zone"] = TimeZoneField(
            own=own_zone, help_text="Their pages and mails show times in it."
        )

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        if is_blank(name):
            raise forms.ValidationError(_NO_NAME)
        return name

    def clean_manager(self) -> User | None:
        manager = self.cleaned_data["manager"]
        return manager.user if manager else None

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(
            Div("name", "email", css_class="two-columns"),
            Div("job_title", "department", css_class="two-columns"),
            Div("type", "time_zone", css_class="two-columns"),
            "manager",
            *_code(self),
        )
        return helper
