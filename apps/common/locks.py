"""Locks that several may hold at once. SQLite has one writer anyway, and whoever writes is alone."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet


def hold_as_they_are(rows: QuerySet[Any]) -> None:
    """Until the transaction ends nobody changes these rows. Others who want only that do not wait; whoever is
    changing one is waited for. What a decision rests on is read after this."""
    if connection.features.has_select_for_update:
        query, parameters = rows.order_by("pk").values("pk").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"{query} FOR SHARE", parameters)
