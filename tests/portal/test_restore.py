"""A backup that is made while people write, brought back, and what the portal does and does not do then."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from threading import Event, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.links import AccountLink
from apps.accounts.services.links import send_link
from apps.accounts.sessions import Session
from apps.administration.services.restoring import settle_restored
from apps.assignments.models import Assignment
from apps.assignments.sweep import write_down_the_clock
from apps.audit.models import AuditEvent
from apps.audit.services import record
from apps.audit.tasks import seal
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.notifications.delivery import deliver_next
from apps.notifications.models import Notice, WebhookDelivery
from apps.portal import health
from apps.roles import built_in
from tests.factories import assign, make_session, make_user
from tests.notifications.hooks import a_delivery
from tests.notifications.making import a_notice

HOUR = timedelta(hours=1)
WRITTEN = AuditEvent.objects.filter(action=AuditAction.PEOPLE_EXPORTED)


@contextmanager
def somebody_writing() -> Iterator[None]:
    """An event and a notice in each transaction, again and again."""
    over, begun = Event(), Event()

    def write() -> None:
        for number in count():
            if over.is_set():
                break
            with transaction.atomic():
                a_notice(f"written:{number}", now=timezone.now())
                record(AuditAction.PEOPLE_EXPORTED, actor=CONSOLE, at=timezone.now())
            if number == 3:
                begun.set()
        connection.close()

    writer = Thread(target=write)
    writer.start()
    assert begun.wait(60)
    try:
        yield
    finally:
        over.set()
        writer.join()


def postgresql(program: str, *arguments: str) -> None:
    """A program of PostgreSQL's, with the server of the tests."""
    of = connection.settings_dict
    reached = {"PGHOST": of["HOST"], "PGPORT": of["PORT"], "PGUSER": of["USER"], "PGPASSWORD": of["PASSWORD"]}
    subprocess.run([program, *arguments], env=os.environ | reached, check=True)


def back_up(file: Path) -> None:
    if connection.vendor == "sqlite":
        call_command("backup", str(file), stdout=StringIO())
    else:
        postgresql("pg_dump", "--format=custom", f"--file={file}", connection.settings_dict["NAME"])


@contextmanager
def brought_back(file: Path) -> Iterator[None]:
    """Everything in this block is done on the restored database."""
    before, name = connection.settings_dict["NAME"], str(file)
    if connection.vendor == "postgresql":
        name = f"{before}_restored"
        postgresql("createdb", "--template=template0", "--encoding=UTF8", name)
        postgresql("pg_restore", "--exit-on-error", f"--dbname={name}", str(file))
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        if connection.vendor == "postgresql":
            postgresql("dropdb", name)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_backup_made_while_people_write_serves_again(tmp_path):
    now = timezone.now() - 2 * HOUR
    john = make_user("John Doe", now=now)
    ending = assign(john, built_in.GLOBAL_READER, now=now, ends_at=now + HOUR)
    make_session(john, now=now)
    send_link(user=john, actor=CONSOLE, now=now)
    a_delivery(now=now)

    with somebody_writing():
        back_up(tmp_path / "copy")
    make_session(john, now=now)

    with brought_back(tmp_path / "copy"):
        later = timezone.now()
        assert health.is_migrated()
        # It is as the database was at one moment: of what was written together, all or nothing.
        assert WRITTEN.count() == Notice.objects.filter(key__startswith="written:").count() >= 4

        settled = settle_restored(now=later)

        # Access that ended meanwhile is over, and then written down; the log goes on, and verifies.
        assert not Assignment.objects.current(later).filter(pk=ending.pk).exists()
        assert write_down_the_clock(now=later) == 1
        while seal():
            pass
        assert "The log verifies" in said_by("audit", "verify")
        # What may have gone out does not go out again, but what is told now; and nobody is signed in.
        sent = []
        while any(
            deliver_next(now=later, send=sent.append, table=each) for each in (Notice, WebhookDelivery)
        ):
            pass
        assert {row.created_at for row in sent} == {later}
        assert not Session.objects.exists()
        assert not AccountLink.objects.exists()
        assert (settled["sessions"], settled["links"]) == (1, 1)
        assert Client().get(reverse("accounts:sign_in")).status_code == 200

    assert Session.objects.count() == 2


def said_by(*command: str) -> str:
    said = StringIO()
    call_command(*command, stdout=said)
    return said.getvalue()


@pytest.mark.django_db
def test_says_what_it_settled_and_what_it_cannot_know(now):
    record(AuditAction.PEOPLE_EXPORTED, actor=CONSOLE, at=now)
    mail = a_notice(now=now)

    said = said_by("after-restore")

    event = AuditEvent.objects.get(action=AuditAction.INSTALLATION_RESTORED)
    mail.refresh_from_db()
    assert (event.details["mails"], event.details["known_until"]) == (1, now.isoformat())
    assert (mail.state, mail.trouble[:23]) == (Notice.State.FAILED, "It waited when the back")
    assert "0 sessions ended." in said
    assert f"Nothing is known of what happened after {now.isoformat()}" in said


@pytest.mark.django_db(transaction=True)
def test_a_copy_is_private_and_takes_the_place_of_the_last(tmp_path):
    file = tmp_path / "copy.sqlite3"
    file.write_text("yesterday's")

    call_command("backup", str(file), stdout=StringIO())

    assert file.read_bytes().startswith(b"SQLite format 3")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["copy.sqlite3"]


@pytest.mark.django_db
def test_says_where_it_cannot_write(tmp_path):
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("backup", str(tmp_path / "nowhere" / "copy"))
