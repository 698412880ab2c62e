"""The rows that a command wrote, written once more by the plain SQL it came down to, for another subject."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
_COLUMNS = re.compile(r'INSERT INTO "\w+" \(([^)]*)\)', re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
Statement = tuple[str, tuple[Any, ...]]


class Recorder:
    """Keeps what is written while it stands around statements (`connection.execute_wrapper`)."""

    def __init__(self) -> None:
        self.written: list[Statement] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if _WRITES.match(sql):
            self.written.append((sql, tuple(params or ())))
        return execute(sql, params, many, context)


def for_another(written: list[Statement], subject: Mapping[UUID, UUID]) -> list[Statement]:
    """The same statements about another subject, with new ids for the new rows."""
    ids = {id_: uuid4() for sql, params in written for id_ in _new_ids(sql, params)} | dict(subject)
    return [(sql, tuple(_translated(value, ids) for value in params)) for sql, params in written]


@transaction.atomic
def write(statements: list[Statement]) -> None:
    with connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)


def _new_ids(sql: str, params: tuple[Any, ...]) -> Iterator[UUID]:
    """Of the rows that an INSERT makes: values row by row or, on PostgreSQL, a list for each column."""
    columns = _COLUMNS.match(sql)
    names = columns[1].replace('"', "").split(", ") if columns else []
    if "id" in names:
        for found in params[names.index("id") :: len(names)]:
            for value in found if isinstance(found, list) else [found]:
                yield value if isinstance(value, UUID) else UUID(value)


def _translated(value: Any, ids: Mapping[UUID, UUID]) -> Any:
    if isinstance(value, list):
        return [_translated(each, ids) for each in value]
    if isinstance(value, UUID):
        return ids.get(value, value)
    return _ID.sub(lambda found: _as_written(found[0], ids), value) if isinstance(value, str) else value


def _as_written(text: str, ids: Mapping[UUID, UUID]) -> str:
    id_ = UUID(text)
    other = ids.get(id_, id_)
    return str(other) if "-" in text else other.hex
