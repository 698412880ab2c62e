"""Forms of the pages on resources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from apps.accounts.web import ConfirmForm
from apps.administration.policy.resources import LONGEST_KIND, LONGEST_NAME
from apps.common.text import one_line

KINDS_OFFERED = ("Management group", "Subscription", "Resource group", "Database")
KIND_LIST = "kinds"  # the id of the list of suggestions in the page


class ResourceForm(ConfirmForm):
    """What a resource is called, and what kind of thing it is. `kinds` are those in use here."""

    name = forms.CharField(
        max_length=LONGEST_NAME,
        error_messages={"required": "Give a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "form-control"}),
    )
    kind = forms.CharField(
        max_length=LONGEST_KIND,
        help_text="Your own word, such as Subscription or Database.",
        error_messages={"required": "Say what kind of resource it is."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": KIND_LIST, "class": "form-control"}),
    )

    def __init__(self, *args: Any, kinds: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = sorted({*kinds, *KINDS_OFFERED})

    @property
    def called(self) -> dict[str, str]:
        """Name and kind, each on one line."""
        return {name: one_line(self.cleaned_data[name]) for name in ("name", "kind")}


class MoveForm(ConfirmForm):
    """The move that was shown, by its digest."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
