"""No change takes the last assigned, permanent, active administrator (design, section 6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask, Said
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.common.errors import NotAllowed
from apps.roles.built_in import GLOBAL_ADMINISTRATOR, GROUP_MEMBER, GROUP_OWNER
from tests.factories import make_active, make_group, make_user


@pytest.fixture
def last(db, now) -> Assignment:
    return make_active(make_user("Ada Admin", now=now), GLOBAL_ADMINISTRATOR, now=now)


@pytest.fixture
def admins(db, now):
    """A group that holds Global Administrator; unmanaged, so that its members are permanent."""
    group = make_group("Admins", now=now, is_role_assignable=True, is_managed=False)
    make_active(group, GLOBAL_ADMINISTRATOR, now=now)
    return group


def remove(row: Assignment, now) -> State:
    return submit(Ask(Action.ADMIN_REMOVE, assignment_id=row.id), actor=THE_CONSOLE, now=now).state


def shorten(row: Assignment, now) -> None:
    ask = Ask(
        Action.ADMIN_UPDATE,
        assignment_id=row.id,
        ends_at=now + timedelta(days=30),
        said=Said(justification="Shorter"),
    )
    submit(ask, actor=THE_CONSOLE, now=now)


@pytest.mark.parametrize("change", [remove, shorten])
def test_keeps_the_last_global_administrator(last, now, change):
    with pytest.raises(NotAllowed) as refusal:
        change(last, now)

    assert refusal.value.rules == ("LastAdminRule",)
    assert str(refusal.value) == "This is the last Global Administrator. Add another permanent one first."
    last.refresh_from_db()
    assert last.is_current(now)
    assert last.is_permanent


def test_lets_one_of_two_go(last, now):
    make_active(make_user("Bob Admin", now=now), GLOBAL_ADMINISTRATOR, now=now)

    assert remove(last, now) == State.REVOKED


def test_does_not_count_who_is_disabled_or_ends(last, now):
    make_active(make_user("Off Duty", now=now, is_enabled=False), GLOBAL_ADMINISTRATOR, now=now)
    make_active(make_user("For Now", now=now), GLOBAL_ADMINISTRATOR, now=now, ends_at=now + timedelta(days=9))

    with pytest.raises(NotAllowed, match="last Global Administrator"):
        remove(last, now)


def test_keeps_the_last_member_of_the_group_that_holds_it(admins, now):
    member = make_active(make_user("Ada Admin", now=now), GROUP_MEMBER, admins.resource, now=now)

    with pytest.raises(NotAllowed, match="last Global Administrator"):
        remove(member, now)

    assert Assignment.objects.get(pk=member.pk).is_current(now)


def test_counts_a_permanent_member_of_a_group_as_another_one(last, admins, now):
    make_active(make_user("Bob Admin", now=now), GROUP_MEMBER, admins.resource, now=now)

    assert remove(last, now) == State.REVOKED


def test_lets_members_of_other_groups_go(last, now):
    group = make_group("Readers", now=now, is_managed=False)
    member = make_active(make_user("Rita Reader", now=now), GROUP_MEMBER, group.resource, now=now)

    assert remove(member, now) == State.REVOKED


def test_keeps_the_last_owner_of_a_group(now, db):
    group = make_group("Readers", now=now, is_managed=False)
    owner = make_active(make_user("Olga Owner", now=now), GROUP_OWNER, group.resource, now=now)

    with pytest.raises(NotAllowed, match="This is the last Owner"):
        remove(owner, now)
