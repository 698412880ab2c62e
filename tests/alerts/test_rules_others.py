from dataclasses import replace

import pytest

from apps.alerts.policy import catalogue
from apps.alerts.policy.rules.keepers import HeldReview, Kept, group_without_owner, held_reviews
from apps.alerts.policy.rules.outside import Seen, assigned_outside
from apps.alerts.policy.rules.roles import RoleFacts, duplicate_roles, twins_among
from apps.audit.vocabulary import Party
from tests.alerts.facts import DATABASE, DATABASE_ID, DIRECTORY, look, texts

READS = frozenset({("resources", "assignments.read")})
READER = RoleFacts("r1", "Reader", True, READS, "", "Sees who holds roles.")
VIEWER = RoleFacts("r2", "Viewer", False, READS, "", "Looks.")
BACKUP = RoleFacts("r3", "Backup", False, frozenset(), "the database team", "Makes backups.")
SAVER = RoleFacts("r4", "Saver", False, frozenset(), "the database team", " makes  BACKUPS. ")


@pytest.mark.parametrize(("owners", "count"), [(0, 1), (1, 0), (2, 0)])
def test_finds_groups_that_nobody_owns(owners, count):
    found = look(
        catalogue.GROUP_WITHOUT_OWNER,
        group_without_owner,
        [Kept(Party("group", "g", "Ops"), DIRECTORY, owners)],
    )

    assert texts(found) == ["Nobody whose account is enabled owns the group Ops."] * count
    assert all(each.ids == {"group": "g"} for each in found)


def test_finds_reviews_that_are_held_on_each_of_their_resources():
    held = [HeldReview("v", "Spring", place, "Its owner has left.") for place in (DATABASE, DIRECTORY)]

    found = look(catalogue.HELD_REVIEW, held_reviews, held)

    assert texts(found)[0] == "The access review Spring does nothing on Database. Its owner has left."
    assert len({each.key for each in found}) == 2
    assert found[0].ids == {"review": "v"}


@pytest.mark.parametrize(("is_assigned_here", "count"), [(True, 0), (False, 1)])
def test_finds_what_was_assigned_outside(is_assigned_here, count):
    seen = [Seen("s", Party("user", "u", "Ada"), "Owner", DATABASE, is_assigned_here)]

    found = look(catalogue.ASSIGNED_OUTSIDE, assigned_outside, seen)

    assert (
        texts(found)
        == ["Ada has Owner on Database in the target system, and it was not assigned here."] * count
    )


def test_finds_custom_roles_that_repeat_another_one():
    held = [(DATABASE, role) for role in (READER, VIEWER, BACKUP, SAVER)]

    found = look(catalogue.DUPLICATE_ROLE, duplicate_roles, held)

    assert texts(found) == [
        "Viewer on Database is the same as Reader.",
        "Backup on Database is the same as Saver.",
        "Saver on Database is the same as Backup.",
    ]
    assert found[0].ids == {"role": "r2", "resource": str(DATABASE_ID)}


def test_looks_at_roles_on_one_resource():
    assert not look(catalogue.DUPLICATE_ROLE, duplicate_roles, [(DATABASE, BACKUP), (DIRECTORY, SAVER)])


@pytest.mark.parametrize(
    "other",
    [
        replace(SAVER, enforced_by="somebody else"),
        replace(SAVER, description="Restores backups."),
        replace(SAVER, permissions=READS),
        replace(VIEWER, enforced_by="the database team"),
    ],
)
def test_does_not_take_roles_for_the_same_that_may_differ(other):
    assert not twins_among([READER, BACKUP, other])


def test_does_not_compare_roles_of_which_nothing_is_said():
    silent = RoleFacts("r5", "One", False, frozenset(), "", "")

    assert not twins_among([silent, replace(silent, id="r6", name="Two")])
