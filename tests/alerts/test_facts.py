"""What the rules look at is what there is, read with as many queries however much that is."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.alerts.policy.catalogue import RULES
from apps.alerts.scans import SCANS
from apps.alerts.selectors.facts import holders, keepers, requests, roles, settings
from apps.assignments.models import Assignment
from apps.reviews.models import Review
from apps.roles import built_in
from apps.roles.models import RoleDefinition
from apps.roles.policy.rules import Authentication, Seat, SeatKind
from tests.access_requests.asking import ask, giving
from tests.alerts.making import NOW
from tests.factories import (
    activate,
    answer,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
    save_rules,
    set_rules,
)
from tests.reviews.making import make_review, terms_for
from tests.scale.estate import build_estate

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TEAMS, READER = built_in.TEAMS_ADMINISTRATOR, built_in.SECURITY_READER


@pytest.fixture
def ada():
    user = make_user("Ada", now=NOW - 100 * DAY)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=NOW - 100 * DAY)
    return user


@pytest.fixture
def tom():
    return make_user("Tom", now=NOW - 100 * DAY)


@pytest.fixture
def readers():
    """A role-assignable group that is eligible for a privileged role."""
    group = make_group("Readers", now=NOW - 100 * DAY, is_role_assignable=True)
    assign(group, READER, now=NOW - 100 * DAY)
    return group


@pytest.fixture
def database():
    return make_resource("Database", now=NOW - 100 * DAY)


def names(rows):
    return [(row.holder.name, row.role, row.kind, [each.name for each in row.people]) for row in rows]


# ---- Who holds what ----------------------------------------------------------------------------------------


def test_reads_a_row_with_its_holder(tom):
    User.objects.filter(pk=tom.pk).update(type="guest", last_sign_in_at=NOW - DAY)
    held = assign(tom, READER, now=NOW - 90 * DAY, ends_at=NOW + DAY)

    (row,) = holders.privileged_rows(NOW)

    assert (row.id, row.role_id, row.place) == (str(held.id), str(READER), held.resource.place)
    assert (row.starts_at, row.ends_at, row.last_used_at) == (NOW - 90 * DAY, NOW + DAY, None)
    assert asdict(row.people[0]) == {
        "id": str(tom.id),
        "name": "Tom",
        "seen_at": NOW - DAY,
        "is_guest": True,
        "is_enabled": True,
        "has_factor": True,
    }


def test_reads_when_somebody_activated_a_row_last(tom):
    held = assign(tom, now=NOW - 90 * DAY)
    for ago in (3, 2):
        activate(held, tom, now=NOW - ago * DAY)

    (row,) = holders.administrator_rows(NOW)

    assert row.last_used_at == NOW - 2 * DAY


def test_reads_those_who_are_or_may_come_to_be_in_a_group(database):
    new, gone = make_user("New", now=NOW, enrolled=False), make_user("Gone", now=NOW)
    outer, inner = make_group("Outer", now=NOW), make_group("Inner", now=NOW)
    assign(outer, built_in.RESOURCE_OWNER, database, now=NOW, ends_at=NOW + DAY)
    join(inner, outer, now=NOW)
    join(gone, inner, now=NOW)
    may_join(new, inner, now=NOW)
    disable(gone)

    (row,) = holders.privileged_rows(NOW)

    assert [(each.name, each.is_enabled, each.has_factor) for each in row.people] == [
        ("Gone", False, True),
        ("New", True, False),
    ]


def test_reads_permanent_members_of_what_is_always_active(ada, tom):
    facts = {"now": NOW, "is_role_assignable": True}
    group, managed = make_group("Operators", is_managed=False, **facts), make_group("Managed", **facts)
    for each in (group, managed):
        make_active(each, READER, now=NOW)
    make_active(tom, built_in.GROUP_MEMBER, group.resource, now=NOW)
    join(tom, managed, now=NOW)
    may_join(ada, managed, now=NOW)
    make_active(tom, TEAMS, now=NOW)  # not privileged
    assign(tom, READER, now=NOW)  # not active

    assert names(holders.permanent_rows(NOW)) == [
        ("Ada", "Global Administrator", "active", ["Ada"]),
        ("Managed", "Security Reader", "active", []),
        ("Operators", "Security Reader", "active", ["Tom"]),
    ]


def test_reads_all_who_have_a_role_beside_owners(ada, tom, database):
    days = {"now": NOW, "ends_at": NOW + 90 * DAY}
    assign(tom, built_in.RESOURCE_OWNER, database, **days)
    assign(ada, built_in.READER, database, **days)
    assign(tom, built_in.READER, make_resource("Without", now=NOW), **days)

    assert names(holders.rows_beside_owners(NOW)) == [
        ("Ada", "Reader", "eligible", ["Ada"]),
        ("Tom", "Owner", "eligible", ["Tom"]),
    ]
    assert names(holders.owner_rows(NOW)) == [("Tom", "Owner", "eligible", ["Tom"])]


def test_reads_what_can_be_activated_and_what_lies_in_the_directory(ada, tom, database):
    assign(tom, TEAMS, now=NOW)
    assign(tom, built_in.READER, database, now=NOW, ends_at=NOW + DAY)

    eligible = {(row.holder.name, row.role) for row in holders.eligible_rows(NOW)}
    in_directory = {(row.holder.name, row.role) for row in holders.directory_rows(NOW)}
    assert eligible == {("Tom", "Teams Administrator"), ("Tom", "Reader")}
    assert in_directory == {("Ada", "Global Administrator"), ("Tom", "Teams Administrator")}


def test_reads_nothing_that_has_ended(tom):
    assign(tom, READER, now=NOW - DAY, ends_at=NOW)

    assert not list(holders.privileged_rows(NOW))
    assert list(holders.privileged_rows(NOW - MINUTE))


# ---- What was asked for ------------------------------------------------------------------------------------


def test_reads_activations_of_the_last_week(tom):
    held = assign(tom, now=NOW - 90 * DAY)
    for ago in (8 * DAY, 7 * DAY, 2 * DAY, DAY):
        activate(held, tom, now=NOW - ago)

    uses = list(requests.uses_lately(NOW))

    assert [use.at for use in uses] == [NOW - 2 * DAY, NOW - DAY]
    assert (uses[0].person, uses[0].role, uses[0].place) == (tom.party, held.role.name, held.resource.place)


@pytest.fixture
def decided(ada, tom):
    """Requests of Tom that Ada decided, each so long after it was sent."""
    set_rules(built_in.USER_ADMINISTRATOR, now=NOW - 95 * DAY, approvers=(ada,))
    held = assign(tom, built_in.USER_ADMINISTRATOR, now=NOW - 95 * DAY)

    def decide(ago, after, *, approve=True):
        request = activate(held, tom, now=NOW - ago - after, minutes=5)
        answer(request, ada, now=NOW - ago, approve=approve)

    return decide


def test_counts_who_decided_on_whose_requests(decided, ada, tom):
    for ago in (90, 89):
        decided(ago * DAY, MINUTE)
    decided(DAY, MINUTE, approve=False)

    (pair,) = requests.pairs_lately(NOW)

    assert (pair.requester, pair.approver, pair.decided) == (tom.party, ada.party, 2)
    assert pair.place.name == "Example Organisation"


def test_reads_quick_approvals_of_the_last_month(decided, ada):
    for ago, after in ((30 * DAY, 5), (29 * DAY, 599), (DAY, 600)):
        decided(ago, timedelta(seconds=after))
    decided(HOUR, timedelta(seconds=3), approve=False)

    approved = list(requests.quick_approvals(NOW))

    assert [(each.approver, each.after) for each in approved] == [(ada.party, timedelta(seconds=599))]


def test_reads_own_grants_until_they_end(ada):
    request = ask(giving(ada), ada, now=NOW)

    (grant,) = requests.own_grants(NOW)

    assert (grant.request_id, grant.assignment_id) == (str(request.id), str(request.result_id))
    assert (grant.by, grant.holder, grant.role, grant.at) == (
        ada.party,
        ada.party,
        "Teams Administrator",
        NOW,
    )
    Assignment.objects.filter(pk=request.result_id).update(ended_at=NOW, ended_how="removed")
    assert not requests.own_grants(NOW)


# ---- Settings ----------------------------------------------------------------------------------------------


def test_reads_the_settings_that_are_followed(ada, tom, readers, database):
    plain = make_group("Plain", now=NOW)
    for each in (plain, readers):
        may_join(tom, each, now=NOW)
    for each in (tom, ada):
        assign(each, built_in.READER, database, now=NOW, ends_at=NOW + DAY)
    save_rules(built_in.READER, resource=database, now=NOW, authentication=Authentication.NONE)

    followed = {(each.role, each.place.name): each for each in settings.settings_followed(NOW)}

    assert set(followed) == {
        ("Member", "Readers"),
        ("Reader", "Database"),
        ("Security Reader", "Example Organisation"),
    }
    assert followed["Reader", "Database"].eligible == 2
    assert {key[0]: each.rules.requires_second_factor for key, each in followed.items()} == {
        "Member": False,
        "Reader": False,
        "Security Reader": True,
    }


def stranded():
    return {(each.role, each.place.name): each.people for each in settings.people_stranded(NOW)}


def test_reads_for_whom_nobody_could_approve(ada, tom):
    zoe = make_user("Zoe", now=NOW)
    for each in (tom, zoe):
        assign(each, TEAMS, now=NOW)
    set_rules(TEAMS, now=NOW, approvers=(tom,))

    assert stranded() == {("Teams Administrator", "Example Organisation"): ("Tom",)}
    disable(tom)
    assert stranded() == {("Teams Administrator", "Example Organisation"): ("Zoe",)}
    set_rules(TEAMS, now=NOW, approvers=(tom, ada))
    assert stranded() == {("Teams Administrator", "Example Organisation"): ()}
    set_rules(TEAMS, now=NOW, approvers=(zoe, ada))
    assert stranded() == {}


def test_asks_for_the_manager_of_each_who_may_activate(ada, readers):
    for name, manager in (("Led", ada), ("Alone", None)):
        may_join(make_user(name, now=NOW, manager=manager), readers, now=NOW)
    save_rules(READER, now=NOW, requires_approval=True, approvers=(Seat(SeatKind.MANAGER),))

    assert stranded() == {("Security Reader", "Example Organisation"): ("Alone",)}


def test_reads_changes_with_what_is_in_force_now(ada, database):
    for minute, place in enumerate((None, database)):
        facts = {"resource": place, "actor": ada.party}
        save_rules(built_in.READER, now=NOW - DAY + minute * MINUTE, maximum_half_hours=4, **facts)
        save_rules(built_in.READER, now=NOW - HOUR + minute * MINUTE, maximum_half_hours=6, **facts)

    changes = settings.changes_lately(NOW)

    hours = [[rules.maximum_half_hours for rules in (c.before, c.after, c.present)] for c in changes]
    assert hours == [[16, 4, 6], [6, 4, 6], [4, 6, 6], [4, 6, 6]]
    assert {(each.by, each.role, each.where, each.place.name) for each in changes} == {
        ("Ada", "Reader", "on Database", "Database"),
        ("Ada", "Reader", "wherever it has none of its own", "Example Organisation"),
    }


# ---- Roles, groups and reviews -----------------------------------------------------------------------------


def test_reads_roles_that_are_the_same_where_people_have_them(ada, tom, database):
    twins = [
        RoleDefinition.objects.create(provider="resources", name=name, description="Makes backups.")
        for name in ("Backup", "Saver")
    ]
    for person in (ada, tom):
        for each in twins:
            assign(person, each.id, database, now=NOW, ends_at=NOW + DAY)
    assign(tom, built_in.CONTRIBUTOR, database, now=NOW, ends_at=NOW + DAY)

    held = [(place.name, role.name) for place, role in roles.twins_held(NOW)]

    assert sorted(held) == [("Database", "Backup"), ("Database", "Saver")]


def test_counts_the_enabled_owners_of_managed_groups(ada, tom, readers):
    make_group("Unmanaged", now=NOW, is_managed=False)
    owned = make_group("Owned", now=NOW)
    make_active(readers, built_in.GROUP_OWNER, owned.resource, now=NOW, ends_at=NOW + DAY)
    assign(ada, built_in.GROUP_OWNER, owned.resource, now=NOW, ends_at=NOW + DAY)
    join(tom, readers, now=NOW)

    def owners():
        return {kept.group.name: kept.owners for kept in keepers.groups_kept(NOW)}

    assert owners() == {"Owned": 2, "Readers": 0}
    disable(tom)
    assert owners() == {"Owned": 1, "Readers": 0}


def test_reads_reviews_that_are_held(ada, tom):
    review = make_review(ada, terms_for(assign(tom, now=NOW), reviewers=(ada,)), now=NOW)

    assert not keepers.reviews_held(NOW)
    Review.objects.filter(pk=review.pk).update(held_because="Its owner has left.")
    (held,) = keepers.reviews_held(NOW)
    assert (held.id, held.place.name, held.because) == (
        str(review.id),
        "Example Organisation",
        "Its owner has left.",
    )
    Review.objects.filter(pk=review.pk).update(deleted_at=NOW)
    assert not keepers.reviews_held(NOW)


# ---- However much there is ---------------------------------------------------------------------------------


def queries():
    found = {}
    for rule in RULES:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            list(SCANS[rule.id][0](NOW))
        found[rule.id] = len(captured)
    return found


@pytest.mark.postgres
def test_asks_the_same_of_two_and_of_sixty(ada, tom, readers, database, decided):
    make_active(make_user("Eve", now=NOW), built_in.GLOBAL_ADMINISTRATOR, now=NOW)
    for role_id in (built_in.SECURITY_ADMINISTRATOR, built_in.RESOURCE_OWNER):
        save_rules(role_id, now=NOW, requires_approval=True)
    assign(tom, built_in.SECURITY_ADMINISTRATOR, now=NOW)
    decided(DAY, MINUTE)
    may_join(tom, readers, now=NOW)
    join(tom, readers, now=NOW)
    make_active(readers, READER, now=NOW)
    plain = make_group("Plain", now=NOW)
    make_active(plain, built_in.GROUP_OWNER, plain.resource, now=NOW, ends_at=NOW + DAY)
    for each in (tom, readers):
        assign(each, built_in.RESOURCE_OWNER, database, now=NOW, ends_at=NOW + DAY)
    few = queries()

    build_estate(60, now=NOW)

    assert queries() == few
    assert max(few.values()) <= 20
