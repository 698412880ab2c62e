"""The base of every form of the portal, and of the pages that show one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.http import HttpRequest, QueryDict
from django.views.decorators.http import require_http_methods

from apps.common.decision import Refusal
from apps.common.errors import Conflict, DomainError, Invalid, NotAllowed

form_page = require_http_methods(["GET", "HEAD", "POST"])


def sent(request: HttpRequest) -> QueryDict | None:
    """Nothing was sent by looking; a form that was sent empty is not one that was not sent."""
    return request.POST if request.method == "POST" else None


def picked_ids(request: HttpRequest) -> set[str]:
    """The ids that were ticked in a list: they name what a page is about, and its form sends them on."""
    return set((request.POST if request.method == "POST" else request.GET).getlist("pick"))


class PortalForm(forms.Form):
    """Knows how it looks and how a command's refusal becomes its own error. It validates; it never saves.

    The template owns the `<form>` tag, token, buttons and headings; the layout is declared here, in the form.
    A press on a button named in `fillers` only fills something in: the form then comes back unbound, with
    everything that was `typed`.
    """

    error_css_class = "is-invalid"
    fillers: tuple[str, ...] = ("find",)
    is_late = False

    def __init__(self, data: Mapping[str, Any] | None = None, *args: Any, **kwargs: Any) -> None:
        self.is_filling = data is not None and any(data.get(name) for name in self.fillers)
        self.typed = data if data is not None and self.is_filling else {}
        super().__init__(None if self.is_filling else data, *args, **kwargs)

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        name = self.add_prefix(field_name)
        if not self.is_filling or field.widget.value_omitted_from_data(self.typed, {}, name):
            return super().get_initial_for_field(field, field_name)
        return field.widget.value_from_datadict(self.typed, {}, name)

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        helper.form_show_errors = True
        return helper

    @property
    def status(self) -> int:
        """Of the page that shows it: somebody was faster, what was sent has a fault, or nothing was sent."""
        if self.is_late:
            return 409
        return 400 if self.errors else 200

    def add_domain_error(self, error: DomainError) -> None:
        """Put each refusal at the field that would put it right, or on top of the form."""
        self.is_late = self.is_late or isinstance(error, Conflict)
        refusals = error.refusals if isinstance(error, NotAllowed) else (Refusal("", str(error)),)
        for refusal in refusals:
            field = refusal.field if refusal.field in self.fields else None
            self.add_error(field, refusal.reason)

    @contextmanager
    def taking_refusals(self) -> Iterator[None]:
        """Around a command and what follows it: what the command refuses, the form says, and comes back.
        Somebody who was faster (`Conflict`) is another matter, and gets a page of its own."""
        try:
            yield
        except (NotAllowed, Invalid) as error:
            self.add_domain_error(error)
