"""A form of a review's keeper: whoever sends it has proved their second factor."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout

from apps.accounts.web import StepUpForm


class ConfirmForm(StepUpForm):
    """The second factor and nothing else. Subclasses put fields above it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, factor_required=True, **kwargs)

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        code = [Field("code", wrapper_class="code-field")] if "code" in self.fields else []
        helper.layout = Layout(*(Field(name) for name in self.fields if name != "code"), *code)
        return helper
