"""What lies where: a resource's path names all that lies above it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

Row = TypeVar("Row")


def ancestor_ids(path: str) -> list[UUID]:
    """The ids on a resource's path, root first, the resource itself last."""
    return [UUID(part) for part in path.split("/") if part]


def nearest(path: str, candidates: Iterable[tuple[str | None, Row]]) -> Row | None:
    """Of `candidates`, each with the path it is set on or None for "wherever": the one nearest to `path`."""
    covering = [(len(at or ""), row) for at, row in candidates if at is None or path.startswith(at)]
    return max(covering, key=lambda pair: pair[0])[1] if covering else None
