"""An event as the bytes that are sealed: the same on every database, and for whoever reads an export.

A line is a JSON object: all columns of the event that are not empty, and `sequence`, `sealed_at` and
`previous` of its seal. Its hash is the SHA-256 of its canonical form. What is empty is left out, so a column
that is added later changes no hash of before. `docs/verify_audit.py` does the same without this code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

HASH_LENGTH = 64
GENESIS = "0" * HASH_LENGTH  # what the first seal follows

Line = dict[str, Any]


def line_of(columns: Iterable[tuple[str, Any]], *, sequence: int, sealed_at: datetime, previous: str) -> Line:
    """What is sealed of one event: its columns as they are read from the database, and its place."""
    return plain(columns) | {"sequence": sequence, "sealed_at": _plain(sealed_at), "previous": previous}


def plain(columns: Iterable[tuple[str, Any]]) -> Line:
    """The columns that are not empty, as JSON has them."""
    return {name: _plain(value) for name, value in columns if value not in ("", None, {}, [])}


def digest(line: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(line).encode("ascii")).hexdigest()


def canonical(line: Mapping[str, Any]) -> str:
    """Keys sorted by code point, no spaces, and nothing but ASCII, so that no text can fail to encode."""
    return json.dumps(line, sort_keys=True, separators=(",", ":"))


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    """PostgreSQL hands a whole number back without a point, however it was written, and SQLite with it."""
    match value:
        case datetime():
            return instant(value)
        case UUID():
            return str(value)
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _plain(part) for name, part in value.items()}
        case list():
            return [_plain(part) for part in value]
    return value
