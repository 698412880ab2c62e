"""The notification matrix as a whole: each of its nine cells, in each of its eight settings, by the commands
that people use, and the exact addresses that hear."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction

from apps.access_requests.states import Action
from apps.assignments.models import Assignment
from apps.assignments.reminders import remind_of_ends
from apps.assignments.sweep import write_down_the_clock
from apps.notifications.models import Notice
from apps.roles.models import NotificationCell, RoleSettings
from apps.roles.policy.rules import Audience, Cell, NoticeCase
from tests.access_requests.asking import ask, asking
from tests.factories import activate, assign, save_rules

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_door")]

DAY = timedelta(days=1)

# Default recipients, additional addresses, critical only: who gets mails that inform, and that ask to act.
SETTINGS = [
    (True, False, False, "people", "people"),
    (True, True, False, "people and desk", "people and desk"),
    (False, True, False, "desk", "desk"),
    (False, False, False, "nobody", "nobody"),
    (True, False, True, "nobody", "people"),
    (True, True, True, "nobody", "people and desk"),
    (False, True, True, "nobody", "desk"),
    (False, False, True, "nobody", "nobody"),
]


def desk(case: NoticeCase, audience: Audience) -> str:
    """An address that only this cell names."""
    return f"{audience}.of.{case}@example.com"


@pytest.fixture
def matrix(db, now):
    """Settings of the role with all nine cells, each with its own additional address."""
    cells = {
        (case, audience): Cell(additional_recipients=(desk(case, audience),))
        for case in NoticeCase
        for audience in Audience
        if (case, audience) != (NoticeCase.ACTIVATION, Audience.APPROVER)
    }
    cells[NoticeCase.ACTIVATION, Audience.APPROVER] = Cell()
    save_rules(now=now, cells=cells)
    # No form and no file takes an address there; whatever is stored, it is not written to.
    NotificationCell.objects.filter(case="activation", audience="approver").update(
        additional_recipients=desk(NoticeCase.ACTIVATION, Audience.APPROVER)
    )


@contextmanager
def set_to(case: NoticeCase, default: bool, additional: bool, critical: bool) -> Iterator[None]:
    """The three cells of one row of the matrix so, for as long as this lasts, and nothing of it stays. The
    other six are as they come."""
    with transaction.atomic():
        Notice.objects.all().delete()
        row = NotificationCell.objects.filter(case=case)
        row.update(default_recipients=default, critical_only=critical)
        if not additional:
            row.update(additional_recipients="")
        yield
        transaction.set_rollback(True)


def told(event: str) -> set[str]:
    addresses = list(Notice.objects.filter(event=event).values_list("address", flat=True))
    assert len(addresses) == len(set(addresses))
    return set(addresses)


def named(who: str, person, case: NoticeCase, audience: Audience) -> set[str]:
    """The addresses that a word of `SETTINGS` stands for."""
    found = {"people": {person.email}, "desk": {desk(case, audience)}}
    return set().union(*(found[word] for word in who.split(" and ") if word in found))


@pytest.mark.parametrize("case", [NoticeCase.ELIGIBLE, NoticeCase.ACTIVE])
def test_the_cells_of_what_is_assigned(administrator, requester, matrix, now, case):
    kind = Assignment.Kind(case)
    for default, additional, critical, informed, asked in SETTINGS:
        with set_to(case, default, additional, critical):
            holder = named(informed, requester, case, Audience.HOLDER)
            admin = named(informed, administrator, case, Audience.ADMIN)
            approver = named(asked, administrator, case, Audience.APPROVER)

            row = assign(requester, kind=kind, now=now, ends_at=now + 30 * DAY)
            assert told("role_assigned") == holder | admin
            remind_of_ends(now=now + 16 * DAY)
            assert told("ends_soon") == holder | admin
            ask(asking(Action.SELF_EXTEND, row), requester, now=now + 17 * DAY)
            assert told("approval_needed") == approver
            write_down_the_clock(now=now + 30 * DAY)
            assert told("role_ended") == holder | admin


def test_the_cells_of_what_is_activated(administrator, requester, visitor, approver, matrix, now):
    case = NoticeCase.ACTIVATION
    mine, another = assign(requester, now=now), assign(visitor, now=now)
    for default, additional, critical, informed, asked in SETTINGS:
        with set_to(case, default, additional, critical):
            holder = named(informed, requester, case, Audience.HOLDER)
            admin = named(informed, administrator, case, Audience.ADMIN)

            activate(mine, requester, now=now)
            assert told("role_activated") == holder | admin
            remind_of_ends(now=now + timedelta(minutes=50))
            assert told("activation_ends") == holder
            write_down_the_clock(now=now + timedelta(hours=1))
            assert told("role_ended") == holder
            ask_for_approval(another, visitor, approver, now)
            wanted = named(asked, approver, case, Audience.APPROVER)
            assert told("approval_needed") == wanted - {desk(case, Audience.APPROVER)}


def ask_for_approval(eligible, user, approver, now):
    settings = RoleSettings.objects.get(role=eligible.role)
    settings.approvers.create(kind="principal", principal=approver)
    RoleSettings.objects.filter(pk=settings.pk).update(requires_approval=True)
    activate(eligible, user, now=now)
