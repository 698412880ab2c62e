"""The base of every form of the portal."""

from __future__ import annotations

from crispy_forms.helper import FormHelper
from django import forms

from apps.common.decision import Refusal
from apps.common.errors import DomainError, NotAllowed


class PortalForm(forms.Form):
    """Knows how it looks and how a command's refusal becomes its own error. It validates; it never saves.

    The template owns the `<form>` tag, token, buttons and headings; the layout is declared here, in the form.
    """

    error_css_class = "is-invalid"

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        helper.form_show_errors = True
        return helper

    def add_domain_error(self, error: DomainError) -> None:
        """Put each refusal at the field that would put it right, or on top of the form."""
        refusals = error.refusals if isinstance(error, NotAllowed) else (Refusal("", str(error)),)
        for refusal in refusals:
            field = refusal.field if refusal.field in self.fields else None
            self.add_error(field, refusal.reason)
