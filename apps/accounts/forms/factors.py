"""Forms of the pages on second factors."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms

from apps.accounts.web import CodeField, CodeInput, StepUpForm
from apps.common.text import is_blank, one_line
from apps.common.web.forms import PortalForm

_NAME_LENGTH = 64
_NO_NAME = "Give the app a name."


class OneTimeCodeField(forms.CharField):
    """Twelve letters and digits from paper; whether they are right is for the command to say."""

    widget = CodeInput(
        attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "maxlength": 32}
    )

    def __init__(self, *, label: str, missing: str) -> None:
        super().__init__(
            label=label,
            max_length=32,
            help_text="Twelve letters and digits. Dashes and small letters make no difference.",
            error_messages={"required": missing, "max_length": "That is longer than a code."},
        )


class EnrolmentCodeForm(PortalForm):
    code = OneTimeCodeField(label="Enrolment code", missing="Enter the code that you were given.")


class RecoveryCodeForm(PortalForm):
    code = OneTimeCodeField(label="Recovery code", missing="Enter one of your recovery codes.")


class ConfirmWithFactorForm(StepUpForm):
    """The second factor and nothing else; a fresh one is not asked for again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, factor_required=True, **kwargs)

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(*(Field(name, wrapper_class="code-field") for name in self.fields))
        return helper


class ConfirmEnrolmentForm(PortalForm):
    """The first code of the new app, and what to call it."""

    code = CodeField(help_text="The six digits that the app shows for PIM Portal.")
    name = forms.CharField(
        label="Name of the app",
        max_length=_NAME_LENGTH,
        help_text="Tells it from others of yours, for example by the phone it is on.",
        error_messages={"required": _NO_NAME, "max_length": f"A name has at most {_NAME_LENGTH} characters."},
    )

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        if is_blank(name):
            raise forms.ValidationError(_NO_NAME)
        return name

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(Field("code", wrapper_class="code-field"), "name")
        return helper
