"""What is locked before resources and roles are written about."""

from __future__ import annotations

from django.db import connection

from apps.common.access import DIRECTORY_ID
from apps.common.errors import Conflict
from apps.common.locks import lock_rows
from apps.roles.models import Resource, RoleDefinition


def lock_tree() -> None:
    """Whatever changes the shape of the trees passes here first, one after the other; the directory's row
    stands for all of them."""
    lock_rows(Resource, DIRECTORY_ID)


def keep_in_use(row: Resource | RoleDefinition) -> None:
    """Before something is written about a resource or a role: from here to the end of the transaction nobody
    retires it. Others who write about it do not wait. Raises `Conflict` where it is retired already, or
    gone."""
    shared = "FOR KEY SHARE" if connection.features.has_select_for_update else ""
    table, key = row._meta.db_table, row._meta.pk.get_db_prep_value(row.pk, connection)
    query = f"SELECT retired_at FROM {table} WHERE id = %s {shared}"  # noqa: S608 - no outside words
    with connection.cursor() as cursor:
        cursor.execute(query, [key])
        found = cursor.fetchone()
    if found != (None,):
        raise Conflict(f"{row.name} has been retired.")
