"""Forms of a person's own page: their time zone and their password."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django.contrib.auth.password_validation import password_validators_help_texts

from apps.accounts.forms.fields import PasswordField, TimeZoneField
from apps.accounts.web import StepUpForm
from apps.common.web.forms import PortalForm


class TimeZoneForm(PortalForm):
    def __init__(self, *args: Any, own: str, time_there: str, **kwargs: Any) -> None:
        """`time_there` is what a clock shows in the zone that is chosen now."""
        super().__init__(*args, initial={"time_zone": own}, **kwargs)
        help_text = f"Pages and mails show times in it. It is {time_there} there."
        self.fields["time_zone"] = TimeZoneField(own=own, help_text=help_text)


class PasswordForm(StepUpForm):
    current_password = PasswordField(
        label="Current password", autocomplete="current-password", missing="Enter your current password."
    )
    new_password = PasswordField(
        label="New password",
        autocomplete="new-password",
        missing="Enter a new password.",
    )
    new_password_again = PasswordField(
        label="New password again", autocomplete="new-password", missing="Enter the new password again."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password"].help_text = " ".join(password_validators_help_texts())

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        names = [name for name in self.fields if name != "code"]
        code = [Field("code", wrapper_class="code-field")] if "code" in self.fields else []
        helper.layout = Layout(*names, *code)
        return helper

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        new, again = data.get("new_password"), data.get("new_password_again")
        if new and again and new != again:
            self.add_error("new_password_again", "This differs from the new password above.")
        return data
