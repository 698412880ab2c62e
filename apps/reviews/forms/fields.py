"""Fields of the forms of access reviews."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from apps.common.text import one_line


class LineField(forms.CharField):
    """Text that stands in one line, in lists and mails, however it was typed."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        messages = {
            "max_length": "Shorten this to %(limit_value)d characters; it has %(show_value)d.",
            **kwargs.pop("error_messages", {}),
        }
        super().__init__(max_length=max_length, error_messages=messages, **kwargs)

    def to_python(self, value: Any) -> str:
        return one_line(super().to_python(value))


class DaysField(forms.IntegerField):
    """A whole number from 1 on, such as of days."""

    def __init__(self, *, most: int, required: bool = False, **kwargs: Any) -> None:
        sentence = f"Give a whole number from 1 to {most}."
        messages = dict.fromkeys(("required", "invalid", "min_value", "max_value"), sentence)
        super().__init__(min_value=1, max_value=most, required=required, error_messages=messages, **kwargs)


class BoxesField(forms.MultipleChoiceField):
    """Boxes to tick. `missing` and `gone` say what is wrong when none is ticked, or one that is not there."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, gone: str, missing: str = "", **kwargs: Any) -> None:
        messages = {"required": missing, "invalid_choice": gone, "invalid_list": gone}
        super().__init__(error_messages=messages, **kwargs)


def segmented(label: str, choices: Iterable[tuple[str, str]], help_text: str = "") -> forms.ChoiceField:
    """One of a few, drawn as one joined row."""
    return forms.ChoiceField(
        label=label, choices=list(choices), widget=forms.RadioSelect, help_text=help_text
    )


def box(label: str, help_text: str = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)
