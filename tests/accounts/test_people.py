"""What administrators change of a person: facts, manager, address."""

import pytest
from django.db import IntegrityError

from apps.accounts.models import User
from apps.accounts.services.people import change_email, change_person, create_user
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.errors import Invalid
from apps.notifications.models import Notice
from tests.factories import make_session


@pytest.fixture
def boss(db, now):
    return create_user(name="Berta Boss", email="boss@example.com", actor=CONSOLE, now=now)


def test_changes_facts_and_says_what_they_were(person, boss, now):
    change_person(
        user=person,
        actor=CONSOLE,
        now=now,
        name="John  Smith",
        job_title="Clerk",
        manager=boss,
        department="",
    )

    person.refresh_from_db()
    assert (person.name, person.job_title, person.manager) == ("John Smith", "Clerk", boss)
    event = AuditEvent.objects.get(action=AuditAction.PERSON_CHANGED)
    assert event.details == {
        "name": {"from": "John Doe", "to": "John Smith"},
        "job_title": {"from": "", "to": "Clerk"},
        "manager": {"from": "", "to": "Berta Boss"},
    }


def test_writes_nothing_down_where_nothing_changes(person, now):
    change_person(user=person, actor=CONSOLE, now=now, name="John Doe")

    assert not AuditEvent.objects.filter(action=AuditAction.PERSON_CHANGED).exists()


@pytest.mark.parametrize("facts", [{"time_zone": "Nowhere/Here"}, {"name": ""}, {"type": "king"}])
def test_refuses_what_cannot_be(person, now, facts):
    with pytest.raises(Invalid):
        change_person(user=person, actor=CONSOLE, now=now, **facts)


def test_makes_nobody_a_manager_above_themself(person, guest, boss, now):
    change_person(user=guest, actor=CONSOLE, now=now, manager=person)
    change_person(user=boss, actor=CONSOLE, now=now, manager=guest)

    for manager in (person, boss):
        with pytest.raises(Invalid, match="above them"):
            change_person(user=User.objects.get(pk=person.pk), actor=CONSOLE, now=now, manager=manager)


@pytest.mark.postgres
def test_stores_nobody_as_their_own_manager(person):
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=person.pk).update(manager=person)


def test_tells_both_addresses_of_a_new_one_and_ends_sessions(person, now):
    make_session(person, now=now)

    change_email(user=person, email="new@example.com", actor=CONSOLE, now=now)

    told = Notice.objects.filter(key__startswith=f"email:{person.pk}").values_list("address", flat=True)
    assert set(told) == {"John.Doe@example.com", "new@example.com"}
    assert not person.sessions.exists()
    event = AuditEvent.objects.get(action=AuditAction.EMAIL_CHANGED)
    assert event.details == {"from": "John.Doe@example.com", "to": "new@example.com"}


@pytest.mark.parametrize("email", ["GUEST@example.com", "no address", "", '"a\x0bBcc:x@y.zz"@example.com'])
def test_takes_no_address_that_is_taken_or_none(person, guest, now, email):
    with pytest.raises(Invalid):
        change_email(user=person, email=email, actor=CONSOLE, now=now)

    assert User.objects.get(pk=person.pk).email == "John.Doe@example.com"
