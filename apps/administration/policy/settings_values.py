"""Some settings instead of others, on whatever rules there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.roles.policy import Authentication, RoleRules


def with_values(rules: RoleRules, values: Mapping[str, Any]) -> RoleRules:
    """`rules` with these columns. An authentication context goes with what needs it."""
    values = dict(values)
    if values.get("authentication", Authentication.CONTEXT) != Authentication.CONTEXT:
        values.setdefault("authentication_context", "")
    return replace(rules, **values)
