"""What may be missing: looked up, searched for, or known to be there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
Value = TypeVar("Value")


def find(rows: QuerySet[Row], id_: UUID | None) -> Row | None:
    """The one of the rows with this id; without an id there is none."""
    return None if id_ is None else next(iter(rows.filter(pk=id_)), None)  # `first` would sort the one row


def as_id(text: str) -> UUID | None:
    """The id that somebody sent; what is none names nothing."""
    try:
        return UUID(text)
    except ValueError:
        return None


def as_ids(texts: Iterable[str]) -> list[UUID]:
    """Those of the texts that are ids."""
    return [id_ for text in texts if (id_ := as_id(text)) is not None]


def every_word(words: Iterable[str], *columns: str) -> Q:
    """Each of the words stands in one of the columns; no words leave nothing out."""
    condition = Q()
    for word in words:
        condition &= reduce(or_, (Q(**{f"{column}__icontains": word}) for column in columns))
    return condition


def present(value: Value | None) -> Value:
    """A value that is always there, by a constraint of the database or by what was asked before, where its
    column or field alone could not say so."""
    if value is None:
        raise LookupError("What should always be there is missing.")
    return value
