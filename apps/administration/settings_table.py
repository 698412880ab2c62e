"""The settings of many roles as a table for spreadsheets: one role a line, one setting a column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.administration.policy.settings_words import SETTINGS
from apps.common.csv import csv_lines, instant_cell
from apps.roles.selectors import Settings

COLUMNS = (
    "Role",
    "Place",
    "Where it comes from",
    *(setting.label for setting in SETTINGS),
    "Modified (UTC)",
    "Modified by",
)


def settings_lines(found: Iterable[Settings]) -> Iterator[str]:
    """The file line by line, as `found` comes."""
    return csv_lines(COLUMNS, map(_cells, found))


def _cells(settings: Settings) -> Iterable[str]:
    row = settings.setting
    return (
        settings.role.name,
        settings.resource.name if settings.resource else "",
        "Set here" if settings.is_own else settings.origin,
        *(setting.say(settings.rules) for setting in SETTINGS),
        instant_cell(row.modified_at if row else None),
        row.modified_by if row else "",
    )
