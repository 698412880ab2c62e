"""The SQL that makes audit events append-only. Used by the migration that installs it and by `retention`.

Whoever owns the database can still drop it; this is against mistakes and against the portal itself.
On SQLite a later migration that alters the table rebuilds it and loses its triggers: such a migration
must call `renew` afterwards (the tests of this module notice).
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "audit_auditevent"
_SENTENCE = "Audit events cannot be changed or deleted."

# `INSERT OR REPLACE` deletes without firing a delete trigger, hence the third one.
_SQLITE_TRIGGERS = {
    "audit_event_no_update": f"BEFORE UPDATE ON {TABLE}",
    "audit_event_no_delete": f"BEFORE DELETE ON {TABLE}",
    "audit_event_no_replace": (
        f"BEFORE INSERT ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id OR rowid = NEW.rowid)"  # noqa: S608
    ),
}

_POSTGRESQL_CREATE = [
    f"""
    CREATE OR REPLACE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{_SENTENCE}' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    f"""
    CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()
    """,
    # Replication mode switches ordinary triggers off for a session; this one stays on.
    f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER audit_event_append_only",
]
_POSTGRESQL_DROP = [
    f"DROP TRIGGER IF EXISTS audit_event_append_only ON {TABLE}",
    "DROP FUNCTION IF EXISTS audit_event_refuse()",
]


def create(connection: BaseDatabaseWrapper) -> None:
    """Refuse every change of an event from here on, as an `IntegrityError`."""
    _execute(connection, _POSTGRESQL_CREATE if _is_postgresql(connection) else _sqlite_create())


def drop(connection: BaseDatabaseWrapper) -> None:
    """Allow changes. Only `retention.lifted` and the reverse of the migration may call this."""
    _execute(connection, _POSTGRESQL_DROP if _is_postgresql(connection) else _sqlite_drop())


def renew(connection: BaseDatabaseWrapper) -> None:
    """Refuse changes again, after a migration that altered the table."""
    drop(connection)
    create(connection)


def _sqlite_create() -> list[str]:
    return [
        f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END"
        for name, when in _SQLITE_TRIGGERS.items()
    ]


def _sqlite_drop() -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {name}" for name in _SQLITE_TRIGGERS]


def _is_postgresql(connection: BaseDatabaseWrapper) -> bool:
    return connection.vendor == "postgresql"


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
