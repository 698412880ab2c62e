"""The one named place where audit events may be deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from apps.audit import triggers


@contextmanager
def lifted(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Within this block events can be deleted. One transaction: if the block fails, nothing is deleted and
    the triggers were never gone; nobody else writes or reads events meanwhile on PostgreSQL."""
    connection = connections[using]
    with transaction.atomic(using=using):
        triggers.drop(connection)
        yield
        triggers.create(connection)
