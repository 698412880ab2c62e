"""The last Global Administrator, by themself or as the only member of the admins: each command that could
take the role from them is refused, whoever gives it. `test_last_admin` mixes these into histories."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask, Said
from apps.access_requests.services.door import submit
from apps.access_requests.services.revoking import revoke_all
from apps.access_requests.states import Action
from apps.administration.services.groups import retire_group
from apps.administration.services.people import disable_person
from apps.assignments.models import Assignment
from apps.assignments.selectors import access_now
from apps.common.access import DIRECTORY_PATH, Permission, Provider
from apps.common.errors import DomainError
from apps.roles import built_in
from tests.factories import acting, make_active, make_group, make_user

pytestmark = pytest.mark.django_db

HOUR, MONTH = timedelta(hours=1), timedelta(days=30)
SAID = Said("For the test")
ACTIVE, ELIGIBLE = Assignment.Kind.ACTIVE, Assignment.Kind.ELIGIBLE


@pytest.fixture(params=["alone", "in a group"])
def last(request, now):
    """Whoever is the last, and the rows and the group by which they are."""
    person = make_user("Ann", now=now)
    if request.param == "alone":
        return person, [make_active(person, built_in.GLOBAL_ADMINISTRATOR, now=now)], None
    admins = make_group("Admins", is_role_assignable=True, is_managed=False, now=now)
    held = make_active(admins, built_in.GLOBAL_ADMINISTRATOR, now=now)
    return person, [held, make_active(person, built_in.GROUP_MEMBER, admins.resource, now=now)], admins


@pytest.fixture(params=["the console", "themself", "one for a month"])
def actor(request, last, now):
    if request.param == "the console":
        return THE_CONSOLE
    brief = make_user("Cat", now=now)
    make_active(brief, built_in.GLOBAL_ADMINISTRATOR, ends_at=now + MONTH, now=now)
    return acting(last[0] if request.param == "themself" else brief, now=now)


CHANGES = {
    "removed": {"action": Action.ADMIN_REMOVE},
    "made eligible": {"action": Action.ADMIN_UPDATE, "kind": ELIGIBLE},
    "given an end": {"action": Action.ADMIN_UPDATE, "kind": ACTIVE, "ends_in": MONTH},
    "begun later": {"action": Action.ADMIN_UPDATE, "kind": ACTIVE, "starts_in": HOUR},
}


@pytest.mark.parametrize("change", CHANGES)
def test_keeps_each_assignment_that_makes_them_one(last, actor, change, now):
    person, rows, _ = last
    wanted = dict(CHANGES[change])
    starts_in, ends_in = wanted.pop("starts_in", None), wanted.pop("ends_in", None)
    period = {"starts_at": starts_in and now + starts_in, "ends_at": ends_in and now + ends_in}

    for row in rows:
        with pytest.raises(DomainError):
            submit(Ask(assignment_id=row.pk, said=SAID, **wanted, **period), actor=actor, now=now)
        assert is_one_for_good(person, rows, now)


def test_keeps_them_enabled(last, actor, now):
    person, rows, _ = last

    with pytest.raises(DomainError):
        disable_person(person.pk, actor=actor, now=now)

    assert is_one_for_good(person, rows, now)


def test_leaves_it_out_of_what_is_revoked_together(last, actor, now):
    person, rows, _ = last

    revoke_all(person, actor=actor, said=SAID, now=now)

    assert is_one_for_good(person, rows, now)


def test_keeps_the_group_that_makes_them_one(last, actor, now):
    person, rows, group = last
    if group is None:
        return

    with pytest.raises(DomainError):
        retire_group(group.pk, actor=actor, now=now)

    assert is_one_for_good(person, rows, now)


def is_one_for_good(person, rows, now):
    """With all that makes them one as it was, and in force."""
    person.refresh_from_db()
    kept = Assignment.objects.filter(
        pk__in=[row.pk for row in rows], kind=ACTIVE, ends_at=None, ended_at=None
    )
    needed = Permission.GLOBAL_ADMINISTRATORS_MANAGE, Provider.DIRECTORY, DIRECTORY_PATH
    return person.is_enabled and kept.count() == len(rows) and access_now(person, now=now).may(*needed)
