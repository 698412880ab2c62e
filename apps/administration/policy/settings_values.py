"""Some settings instead of others, on whatever rules there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.roles.policy.rules import Audience, Authentication, NoticeCase, RoleRules

CellKey = tuple[NoticeCase, Audience]


def with_cells(rules: RoleRules, cells: Mapping[CellKey, Mapping[str, Any]]) -> RoleRules:
    """`rules` with these columns of these notification cells."""
    changed = {key: replace(rules.cell(*key), **given) for key, given in cells.items()}
    return replace(rules, cells={**rules.cells, **changed})


def with_values(rules: RoleRules, values: Mapping[str, Any]) -> RoleRules:
    """`rules` with these columns. An authentication context goes with what needs it."""
    values = dict(values)
    if values.get("authentication", Authentication.CONTEXT) != Authentication.CONTEXT:
        values.setdefault("authentication_context", "")
    return replace(rules, **values)
