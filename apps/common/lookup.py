"""What may be missing: looked up, or known to be there."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
Value = TypeVar("Value")


def find(rows: QuerySet[Row], id_: UUID | None) -> Row | None:
    """The one of the rows with this id; without an id there is none."""
    return None if id_ is None else rows.filter(pk=id_).first()


def present(value: Value | None) -> Value:
    """A value that is always there, by a constraint of the database or by what was asked before, where its
    column or field alone could not say so."""
    if value is None:
        raise LookupError("What should always be there is missing.")
    return value
