"""How many rows there are of several things, in one statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from apps.common.prepared import Statement, statement_of

Countable = QuerySet[Any] | Statement


class Counts:
    """`of` names one more thing to count, and gives back what says how many there are. Whoever asks that
    first, asks in the same statement for all that were named until then. `name_others` is called before, to
    name what will be asked later."""

    def __init__(self, name_others: Callable[[], None] = lambda: None) -> None:
        self._named: list[Countable] = []
        self._counted: list[int] = []
        self._name_others = name_others

    def of(self, rows: Countable) -> Callable[[], int]:
        """Of sliced rows no more are counted than the slice has."""
        at = len(self._named)
        self._named.append(rows)
        return lambda: self._answer(at)

    def _answer(self, at: int) -> int:
        if at >= len(self._counted):
            self._name_others()
            self._counted += _counted(self._named[len(self._counted) :])
        return self._counted[at]


def _counted(several: list[Countable]) -> list[int]:
    parts = [_statement(rows) for rows in several]
    columns = ", ".join(f"(SELECT COUNT(*) FROM ({sql}) counted)" for sql, _ in parts)  # noqa: S608 - no text but ours
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", [each for _, given in parts for each in given])
        return list(cursor.fetchone())


def _statement(rows: Countable) -> Statement:
    return rows if isinstance(rows, Statement) else statement_of(rows)
