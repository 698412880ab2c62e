"""A form of administration: whoever sends it has proved their second factor."""

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
        helper.layout = Layout(*self.rows(), *(Field("code", wrapper_class="code-field") for _ in self._code))
        return helper

    def rows(self) -> list[Any]:
        """The fields above the code, as the layout has them."""
        return [Field(name) for name in self.fields if name != "code"]

    @property
    def _code(self) -> list[str]:
        """It is asked for only when one is missing."""
        return ["code"] if "code" in self.fields else []
