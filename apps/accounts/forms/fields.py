"""Fields that several forms of accounts have."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.accounts.policy import zones_by_region


class PasswordField(forms.CharField):
    """Every character counts; a password that was sent is not shown again."""

    def __init__(self, *, label: str, autocomplete: str, missing: str) -> None:
        super().__init__(
            label=label,
            max_length=4096,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
            error_messages={"required": missing, "max_length": "That password is too long."},
        )


class TimeZoneField(forms.ChoiceField):
    """The zones named for places, by region. `own` is the one that is chosen now, whatever its name."""

    def __init__(self, *, own: str, **kwargs: Any) -> None:
        regions = zones_by_region(own)
        choices = [
            choice
            for region, names in regions.items()
            for choice in ([(region, _places(names))] if region else _places(names))
        ]
        messages = {"required": "Choose a time zone.", "invalid_choice": "There is no such time zone."}
        super().__init__(label="Time zone", choices=choices, error_messages=messages, **kwargs)


def _places(names: list[str]) -> list[tuple[str, str]]:
    """By the place alone: typing its first letters picks it."""
    return [(name, name.partition("/")[2].replace("_", " ") or name) for name in names]
