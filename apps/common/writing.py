"""Rows written as `bulk_create` and `update` write them, but without asking of each value what it is: for
commands, which write the same columns all the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Model
from django.db.models.constants import OnConflict

from apps.common.paging import in_batches

AT_ONCE = 250  # rows of one statement


def insert(rows: Sequence[Model]) -> None:
    """Rows of one table, all of them. Ids that the database counts are not known afterwards."""
    _write(rows, None)


def insert_unknown(rows: Sequence[Model]) -> None:
    """`insert`, but for those that some unique constraint knows already."""
    _write(rows, OnConflict.IGNORE)


def change(row: Model, columns: Mapping[str, Any], *, still: Mapping[str, Any]) -> bool:
    """Write these columns of one row, if it still has those values; whether it had."""
    here = connections[DEFAULT_DB_ALIAS]
    new, old = _prepared(row, columns, here), _prepared(row, {"pk": row.pk, **still}, here)
    table = here.ops.quote_name(row._meta.db_table)
    statement = f"UPDATE {table} SET {', '.join(new)} WHERE {' AND '.join(old)}"  # noqa: S608 - names of ours
    with here.cursor() as cursor:
        cursor.execute(statement, [*new.values(), *old.values()])
        return bool(cursor.rowcount)


def _prepared(row: Model, columns: Mapping[str, Any], here: BaseDatabaseWrapper) -> dict[str, Any]:
    """What stands for each column in a statement, with its value."""
    fields: dict[str, Any] = {
        name: row._meta.pk if name == "pk" else row._meta.get_field(name) for name in columns
    }
    values = {name: value.pk if isinstance(value, Model) else value for name, value in columns.items()}
    return {
        f"{here.ops.quote_name(field.column)} = %s": field.get_db_prep_save(values[name], here)
        for name, field in fields.items()
    }


class _Insertion(NamedTuple):
    head: str
    row: str
    tail: str
    columns: Sequence[tuple[str, Callable[..., Any]]]


def _write(rows: Sequence[Model], on_conflict: OnConflict | None) -> None:
    here = connections[DEFAULT_DB_ALIAS]
    for some in in_batches(rows, AT_ONCE):
        head, row, tail, columns = _insertion(type(some[0]), on_conflict, here.vendor)
        values = [prepare(getattr(each, name), here) for each in some for name, prepare in columns]
        with here.cursor() as cursor:
            cursor.execute(f"{head} {', '.join([row] * len(some))} {tail}", values)
    for each in rows:
        each._state.adding, each._state.db = False, DEFAULT_DB_ALIAS


@cache
def _insertion(table: type[Model], on_conflict: OnConflict | None, _vendor: str) -> _Insertion:
    fields = [field for field in table._meta.concrete_fields if not isinstance(field, AutoField)]
    operations, quote = connection.ops, connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    return _Insertion(
        f"{operations.insert_statement(on_conflict)} {quote(table._meta.db_table)} ({names}) VALUES",
        f"({', '.join(['%s'] * len(fields))})",
        operations.on_conflict_suffix_sql(fields, on_conflict, (), ()) or "",
        [(str(field.attname), field.get_db_prep_save) for field in fields],
    )
