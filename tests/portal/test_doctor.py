"""What each examination says. Facts are handed in where that is all a function looks at."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import override_settings

from apps.audit.models import Verification
from apps.notifications.models import Notice
from apps.portal.doctor import contents, database, examining, installation, work
from apps.portal.models import Machine
from tests.factories import disable
from tests.notifications.making import a_notice

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def doctor(*options: str) -> tuple[int, str]:
    """The exit code, and what was said."""
    said = StringIO()
    try:
        call_command("doctor", *options, stdout=said)
    except SystemExit as end:
        return end.code, said.getvalue()
    return 0, said.getvalue()


def said_of(findings):
    return [str(each) for each in findings]


# ---- The command -------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_says_of_each_matter_that_it_is_well(at_work):
    status, said = doctor()

    assert status == 0
    assert said.splitlines() == [
        *(
            f"{matter}: well."
            for matter in ("Settings", "Files", "Mail server", "Database", "Clock", "Worker")
        ),
        "Mail: well.",
        "Approvers: well.",
        "Audit log: note. Nobody has verified the audit log yet. Run manage.py audit verify.",
    ]


def test_is_silent_when_all_is_well_and_it_is_told_to_be(at_work):
    assert doctor("--quiet") == (0, "")


def test_ends_with_one_and_says_only_what_is_wrong(db):
    assert doctor("--quiet") == (
        1,
        "Worker: No worker is there. Start manage.py serve, or manage.py worker.\n",
    )


def test_says_that_the_database_is_away_and_looks_at_the_rest(db, monkeypatch):
    def refuse():
        raise OperationalError("connection to 10.0.0.9 failed:\n  Connection refused")

    monkeypatch.setattr(database, "is_migrated", refuse)

    status, said = doctor()

    assert status == 1
    assert said.splitlines() == [
        "Settings: well.",
        "Files: well.",
        "Mail server: well.",
        "Database: It does not answer as it should. connection to 10.0.0.9 failed: Connection refused."
        " Is it running, and is DATABASE_URL right?",
    ]


def test_asks_nothing_of_a_database_that_is_behind(db, monkeypatch):
    monkeypatch.setattr(database, "is_migrated", lambda: False)
    monkeypatch.setattr(examining, "is_migrated", lambda: False)

    status, said = doctor("--quiet")

    assert (status, said) == (
        1,
        "Database: It is behind this version. Run manage.py migrate, or start with serve --migrate.\n",
    )


# ---- Without the database ----------------------------------------------------------------------------


def test_takes_over_what_the_checks_say():
    messages = [checks.Error("It is open.", hint="Close it."), checks.Warning("It rains.")]

    wrong, note = installation.of_messages(messages)

    assert (str(wrong), wrong.is_wrong) == ("It is open. Close it.", True)
    assert (str(note), note.is_wrong) == ("It rains.", False)


@override_settings(DEMO=False, ALLOWED_HOSTS=["*"])
def test_judges_a_real_installation_by_the_deployment_checks():
    assert "ALLOWED_HOSTS lets every host name in. Name them." in said_of(installation.settings_findings())


@pytest.mark.parametrize(
    ("folder", "key", "is_open"), [(0o755, 0o644, 1), (0o755, 0o600, 0), (0o700, 0o644, 0)]
)
def test_finds_keys_that_others_can_read(tmp_path, folder, key, is_open):
    for name, mode in {"env": key, "pimportal.sqlite3": 0o600, "notes": 0o644}.items():
        (tmp_path / name).touch(mode)
    tmp_path.chmod(folder)

    with override_settings(DATA_DIR=tmp_path):
        found = said_of(installation.file_findings())

    warning = f"Others on this machine can read {tmp_path}/env. Run: chmod 600 {tmp_path}/env"
    assert found == [warning] * is_open


@pytest.mark.parametrize(("free", "count"), [(511, 1), (512, 0)])
def test_finds_a_disk_that_is_nearly_full(free, count):
    assert len(list(installation.of_space(Path("/"), free))) == count


@override_settings(
    MAIL_IS_KEPT=False,
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=1,
)
def test_finds_a_mail_server_that_is_away():
    (said,) = said_of(installation.mail_server_findings())

    assert said.startswith("127.0.0.1:1 does not answer as it should. ConnectionRefusedError")


# ---- The database, clocks, workers -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        ({}, None),
        ({"version": 13}, "PostgreSQL 13 is too old."),
        ({"encoding": "LATIN1"}, "It is encoded in LATIN1."),
        ({"read_only": True}, "It can only be read."),
    ],
)
def test_judges_postgresql(change, begins):
    found = said_of(
        database.of_postgresql(**{"version": 17, "encoding": "UTF8", "read_only": False} | change)
    )

    assert [each.startswith(begins) for each in found] == ([True] if begins else [])


@pytest.mark.parametrize(
    ("facts", "begins"),
    [
        ({"journal": "wal", "damage": "ok"}, None),
        ({"journal": "delete", "damage": "ok"}, "SQLite keeps no write-ahead log."),
        ({"journal": "wal", "damage": "row 3 missing"}, "It is damaged: row 3 missing."),
    ],
)
def test_judges_sqlite(facts, begins):
    found = said_of(database.of_sqlite(**facts))

    assert [each.startswith(begins) for each in found] == ([True] if begins else [])


@pytest.mark.parametrize(
    ("seconds", "said"), [(30, "30 seconds ahead of"), (-30, "30 seconds behind"), (5, None)]
)
def test_finds_a_clock_that_is_off(seconds, said):
    found = said_of(work.of_clock("web-1", seconds * SECOND))

    assert [f"The clock of web-1 is {said} the database's" in each for each in found] == (
        [True] if said else []
    )


def test_knows_the_clocks_of_other_machines(now, db):
    Machine.objects.create(name="web-2", worked_at=now, clock_offset=-31 * SECOND)

    (said,) = said_of(work.clock_findings(offset=timedelta()))

    assert said.startswith("The clock of web-2 is 31 seconds behind the database's")


def test_names_the_machine_whose_worker_died(now):
    machines = [
        Machine(name="web-1", worked_at=now - 2 * SECOND),
        Machine(name="web-2", worked_at=now - 12 * MINUTE),
    ]

    (said,) = said_of(work.of_machines(machines, now=now))

    assert said.startswith(
        "The worker of web-2 has done nothing since 12:48 UTC, for 12 min. Start it again."
    )


def test_names_the_job_that_is_overdue_for_longest(now):
    due = {"audit.seal": now - 2 * MINUTE, "audit.trim": now - 9 * MINUTE, "alerts.scan": now - SECOND}

    (said,) = said_of(work.of_jobs(due, now=now))

    assert said.startswith("Overdue: 2 periodic jobs, audit.trim since 12:51 UTC, for 9 min.")


def test_names_jobs_that_fail():
    (said,) = said_of(work.of_failures({"audit.seal": 3}))

    assert said.startswith("The periodic job audit.seal has failed 3 times within the hour.")


def test_says_what_is_done_late():
    nothing = dict.fromkeys(["jobs", "ends", "requests", "mail", "webhooks", "seals"], timedelta())

    assert said_of(work.of_backlog(nothing)) == []
    (said,) = said_of(work.of_backlog(nothing | {"ends": 7 * MINUTE}))
    assert said.startswith("Ends of access are written down 7 min late.")


def test_finds_a_database_that_takes_nothing(db):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = 1")
        try:
            found = said_of(database.database_findings())
        finally:
            cursor.execute("PRAGMA query_only = 0")

    assert found == [
        "Nothing can be written to it: attempt to write a readonly database."
        " Is its disk full, or does another program hold on to it? Access ends nevertheless."
    ]
    assert said_of(database.writing_findings()) == []


# ---- What lies in the portal -------------------------------------------------------------------------


def test_says_since_when_mail_does_not_go_out(now, db):
    Notice.objects.filter(pk=a_notice(now=now).pk).update(attempts=2, trouble="The server hung up.")

    (said,) = said_of(contents.mail_findings(now=now + 20 * MINUTE))

    assert said.startswith("A mail has not gone out for 20 min. The server hung up.")


@pytest.mark.parametrize(("hours", "is_wrong"), [(23, True), (25, False)])
def test_counts_mail_that_was_given_up(now, db, hours, is_wrong):
    failed = {"state": Notice.State.FAILED, "failed_at": now, "next_try_at": None}
    Notice.objects.filter(pk=a_notice(now=now).pk).update(**failed)

    (found,) = contents.mail_findings(now=now + timedelta(hours=hours))

    assert (found.is_wrong, "1 mail" in found.what) == (is_wrong, True)


def test_names_roles_that_nobody_could_approve(eligible, needs_approval, approver, now):
    assert said_of(contents.approver_findings(now=now)) == []

    disable(approver)

    (said,) = said_of(contents.approver_findings(now=now))
    assert "Nobody who can be reached could approve Teams Administrator" in said


@pytest.mark.parametrize(
    ("found", "age", "begins"),
    [
        (0, 30 * DAY, []),
        (0, 32 * DAY, ["Nobody has verified the audit log since 24 Nov 2026."]),
        (2, DAY, ["It was changed: 2 findings on 24 Nov 2026."]),
    ],
)
def test_says_what_the_last_verification_found(now, found, age, begins):
    last = Verification(started_at=now, finished_at=now, found=found)

    said = said_of(contents.of_verification(last, now=now + age))

    assert len(said) == len(begins)
    assert all(map(str.startswith, said, begins))
