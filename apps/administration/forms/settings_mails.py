"""The nine cells of the notification matrix as fields: who gets which mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from apps.administration.policy.settings import MOST_ADDRESSES
from apps.administration.policy.settings_values import CellKey
from apps.administration.policy.settings_words import MAILS, SECTIONS, cell_name
from apps.common.text import LONGEST_ADDRESS
from apps.roles.policy.plain import CELLS
from apps.roles.policy.rules import APPROVERS_ONLY, Audience, NoticeCase

_LONGEST_ADDRESSES = MOST_ADDRESSES * (LONGEST_ADDRESS + len("; "))


class MailMatrix:
    """For a form. Of each cell it has a field for the default recipients, one for "critical only", and, but
    for where approvers alone are told, one for additional addresses."""

    def add_cells(self, fields_of: Callable[[CellKey, str], dict[str, forms.Field]]) -> None:
        """`fields_of` a cell, which is also told what the cell is about: default, critical, additional."""
        for case, audience in CELLS:
            about = f"{SECTIONS[case]}: {MAILS[case, audience][0]}"
            made = fields_of((case, audience), about)
            if (case, audience) == APPROVERS_ONLY:
                del made["additional"]
            for part, field in made.items():
                self.fields[f"{cell_name(case, audience)}_{part}"] = field

    @property
    def matrix(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The cells as a page lays them out, by what happened."""
        return [
            (title, [self._row(case, audience) for audience in Audience]) for case, title in SECTIONS.items()
        ]

    def _row(self, case: NoticeCase, audience: Audience) -> dict[str, Any]:
        name, (label, recipients) = cell_name(case, audience), MAILS[case, audience]
        takes = f"{name}_additional" in self.fields
        return {
            "label": label,
            "recipients": recipients,
            "default": self[f"{name}_default"],
            "critical": self[f"{name}_critical"],
            "additional": self[f"{name}_additional"] if takes else None,
        }


def addresses_field(about: str, placeholder: str, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=f"{about}, additional recipients",
        required=False,
        max_length=_LONGEST_ADDRESSES,
        widget=forms.TextInput(attrs={"class": "form-control", "placeholder": placeholder}),
        **kwargs,
    )


def addresses_in(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(";"))))
