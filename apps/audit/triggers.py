"""The SQL that makes the log append-only, and puts each new event into the sealer's queue. Used by migrations
and by `retention`.

Whoever owns the database can still drop it; this is against mistakes and against the portal itself, and the
seals are against the owner. On SQLite a later migration that alters a table rebuilds it and loses its
triggers: such a migration must call `create` afterwards (the tests of this module notice).
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "audit_auditevent"
_QUEUE = "audit_unsealed"
# What is guarded: the name of the triggers, and the columns of which each row has its own. `INSERT OR
# REPLACE` deletes without firing a delete trigger, so an insert must not meet a row that is there.
_GUARDED = {
    TABLE: ("audit_event", ("id",)),
    "audit_auditseal": ("audit_seal", ("sequence", "event_id")),
    "audit_stub": ("audit_stub", ("first", "last")),
}
_SENTENCE = "Audit events cannot be changed or deleted."


def create(connection: BaseDatabaseWrapper) -> None:
    """Refuse every change of events, seals and stubs from here on, as an `IntegrityError`, and queue each new
    event. May be called again at any time; of tables that no migration has made yet it says nothing."""
    drop(connection)
    tables = _tables(connection)
    for table in _GUARDED.keys() & tables:
        _execute(connection, _guard(connection, table))
    if {TABLE, _QUEUE} <= tables:
        _execute(connection, _drop_queueing(connection) + _queueing(connection))


def drop(connection: BaseDatabaseWrapper) -> None:
    """Allow changes; new events are queued all the same. Only `retention.lifted` and the reverse of the
    migration may call this."""
    for table in _GUARDED.keys() & _tables(connection):
        name, _ = _GUARDED[table]
        if _is_postgresql(connection):
            _execute(connection, [f"DROP TRIGGER IF EXISTS {name}_append_only ON {table}"])
        else:
            _execute(connection, [f"DROP TRIGGER IF EXISTS {name}_{what}" for what in _SQLITE_REFUSED])


def drop_queueing(connection: BaseDatabaseWrapper) -> None:
    """For the reverse of the migration that made the queue."""
    _execute(connection, _drop_queueing(connection))


_SQLITE_REFUSED = {
    "no_update": "BEFORE UPDATE ON {table}",
    "no_delete": "BEFORE DELETE ON {table}",
    "no_replace": "BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})",
}

_POSTGRESQL_REFUSE = f"""
    CREATE OR REPLACE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{_SENTENCE}' USING ERRCODE = 'integrity_constraint_violation';
    END $$
"""
_POSTGRESQL_ENQUEUE = f"""
    CREATE OR REPLACE FUNCTION audit_event_enqueue() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO {_QUEUE} (event_id, at) SELECT id, at FROM written;
        RETURN NULL;
    END $$
"""  # noqa: S608


def _guard(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    name, unique = _GUARDED[table]
    if _is_postgresql(connection):
        return [
            _POSTGRESQL_REFUSE,
            f"""
            CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()
            """,
            # Replication mode switches ordinary triggers off for a session; this one stays on.
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}_append_only",
        ]
    same = " OR ".join(f'"{column}" = NEW."{column}"' for column in (*unique, "rowid"))
    return [
        f"CREATE TRIGGER {name}_{what} {when.format(table=table, same=same)} "
        f"BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END"
        for what, when in _SQLITE_REFUSED.items()
    ]


def _queueing(connection: BaseDatabaseWrapper) -> list[str]:
    if _is_postgresql(connection):
        return [
            _POSTGRESQL_ENQUEUE,
            f"""
            CREATE TRIGGER audit_event_enqueue AFTER INSERT ON {TABLE} REFERENCING NEW TABLE AS written
            FOR EACH STATEMENT EXECUTE FUNCTION audit_event_enqueue()
            """,
            f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER audit_event_enqueue",
        ]
    insert = f"INSERT INTO {_QUEUE} (event_id, at) VALUES (NEW.id, NEW.at)"  # noqa: S608
    return [f"CREATE TRIGGER audit_event_enqueue AFTER INSERT ON {TABLE} BEGIN {insert}; END"]


def _drop_queueing(connection: BaseDatabaseWrapper) -> list[str]:
    where = f" ON {TABLE}" if _is_postgresql(connection) else ""
    return [f"DROP TRIGGER IF EXISTS audit_event_enqueue{where}"]


def _is_postgresql(connection: BaseDatabaseWrapper) -> bool:
    return connection.vendor == "postgresql"


def _tables(connection: BaseDatabaseWrapper) -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
