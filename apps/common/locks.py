"""Locks on rows, until the transaction ends. SQLite has one writer anyway, and whoever writes is alone: there
nothing is asked. What a decision rests on is read after its lock."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet


def lock_rows(table: type[Model], *ids: UUID) -> None:
    """Whoever else locks or changes one of these rows waits; ids ascending, so that nobody waits crosswise.
    Rows that only point at them (by foreign key) are written elsewhere without waiting."""
    if connection.features.has_select_for_update:
        name, key = table._meta.db_table, table._meta.pk.column
        query = f"SELECT 1 FROM {name} WHERE {key} = ANY(%s) ORDER BY {key} FOR NO KEY UPDATE"  # noqa: S608 - no outside words
        with connection.cursor() as cursor:
            cursor.execute(query, [list(ids)])


def hold_as_they_are(rows: QuerySet[Any]) -> None:
    """Nobody changes these rows. Others who want only that do not wait; whoever is changing one is waited
    for."""
    if connection.features.has_select_for_update:
        query, parameters = rows.order_by("pk").values("pk").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"{query} FOR SHARE", parameters)
