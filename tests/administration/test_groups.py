"""Groups: who may create and change them, and what their pages show."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from apps.access_requests.asks import THE_CONSOLE
from apps.access_requests.selectors.power import power_of
from apps.access_requests.services.seats import set_review_seats
from apps.accounts.models import Group
from apps.accounts.pickers import GROUPS
from apps.administration.policy.groups import Bound, InTheWay, can_release, can_retire
from apps.administration.selectors.groups import (
    Part,
    Search,
    Tab,
    find_groups,
    group_detail,
    in_the_way,
    people_of,
)
from apps.administration.selectors.names import Asked, names_in
from apps.administration.services.groups import (
    change_group,
    create_group,
    manage_group,
    release_group,
    retire_group,
)
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Conflict, Invalid, NotAllowed
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.services.resources import retire_resource
from tests.factories import (
    acting,
    activate,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
    set_rules,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_door")]

DAY = timedelta(days=1)
LIST = reverse("administration:groups")


@pytest.fixture
def team(now):
    return make_group("Team", now=now, description="Looks after the shop")


@pytest.fixture
def loose(now):
    """Not under management."""
    return make_group("Loose", now=now, is_managed=False)


@pytest.fixture
def keeper(now):
    """User Administrator."""
    keeper = make_user("Kim Keeper", now=now)
    make_active(keeper, built_in.USER_ADMINISTRATOR, now=now)
    return keeper


@pytest.fixture
def owner(team, now):
    owner = make_user("Olga Owner", now=now)
    own(owner, team, now)
    return owner


def own(person, group, now):
    return make_active(person, built_in.GROUP_OWNER, group.resource, now=now, ends_at=now + 90 * DAY)


def test_no_group_has_the_name_of_a_person(keeper, team, now):
    actor = acting(keeper, now=now)

    with pytest.raises(NotAllowed, match="An address names a person"):
        create(actor, now, name="new.colleague@example.com")
    with pytest.raises(NotAllowed, match="An address names a person"):
        change_group(team.pk, name="new.colleague@example.com", description="", actor=actor, now=now)


def give_power(group, now):
    return assign(group, built_in.READER, make_resource("Shop", now=now), now=now, ends_at=now + 30 * DAY)


def create(actor, now, **facts):
    wanted = {"name": "Club", "description": "", "is_role_assignable": False, "is_managed": True}
    return create_group(**(wanted | facts), actor=actor, now=now)


def last(action):
    return AuditEvent.objects.filter(action=action).latest("at")


# ---- Create and change -------------------------------------------------------------------------------------


def test_a_user_administrator_creates_a_group(keeper, now):
    group = create(acting(keeper, now=now), now, description="For the club")
    assert (group.name, group.description, group.is_managed, group.is_role_assignable) == (
        "Club",
        "For the club",
        True,
        False,
    )
    assert group.resource.name == "Club"
    assert last(AuditAction.GROUP_CREATED).actor_id == str(keeper.id)


def test_only_those_above_power_create_one_that_can_hold_directory_roles(keeper, administrator, now):
    with pytest.raises(NotAllowed) as refused:
        create(acting(keeper, now=now), now, is_role_assignable=True)
    assert refused.value.refusals[0].field == "is_role_assignable"
    assert create(acting(administrator, now=now), now, is_role_assignable=True).is_role_assignable


def test_says_everything_that_is_wrong_at_once(owner, team, now):
    actor = acting(owner, now=now, proven_at=now - timedelta(hours=1))
    with pytest.raises(NotAllowed) as refused:
        create(actor, now, name=" team ")
    assert refused.value.rules == ("AdminRequestRule", "NameRule", "MfaRule")


def test_its_owner_changes_name_and_description(owner, team, now):
    change_group(team.pk, name="Crew", description="Also the farm", actor=acting(owner, now=now), now=now)
    team = Group.objects.get(pk=team.pk)
    assert (team.name, team.description, team.resource.name) == ("Crew", "Also the farm", "Crew")
    event = last(AuditAction.GROUP_CHANGED)
    assert event.details == {"from": ["Team", "Looks after the shop"], "to": ["Crew", "Also the farm"]}
    assert event.resource_path == team.resource.path


def test_a_change_to_the_same_is_none(owner, team, now):
    same = {"name": team.name, "description": team.description}
    change_group(team.pk, **same, actor=acting(owner, now=now), now=now)
    assert not AuditEvent.objects.filter(action=AuditAction.GROUP_CHANGED).exists()


def test_its_owner_no_longer_changes_a_group_with_power(owner, team, now):
    give_power(team, now)
    with pytest.raises(NotAllowed) as refused:
        change_group(team.pk, name="Crew", description="", actor=acting(owner, now=now), now=now)
    assert refused.value.rules == ("AdminRequestRule",)


def test_there_must_be_a_group(now):
    with pytest.raises(Invalid):
        manage_group(make_user(now=now).pk, actor=THE_CONSOLE, now=now)


# ---- Management --------------------------------------------------------------------------------------------


def test_puts_a_group_under_management_and_takes_it_out_again(keeper, loose, now):
    actor = acting(keeper, now=now)
    member = make_active(make_user(now=now), built_in.GROUP_MEMBER, loose.resource, now=now)
    assert manage_group(loose.pk, actor=actor, now=now).is_managed
    assert last(AuditAction.GROUP_MANAGED).resource_path == loose.resource.path
    assert not release_group(loose.pk, actor=actor, now=now).is_managed
    assert last(AuditAction.GROUP_RELEASED).target_id == str(loose.pk)
    assert member in Assignment.objects.current(now)


def test_only_one_of_two_puts_it_under_management(keeper, loose, now):
    manage_group(loose.pk, actor=acting(keeper, now=now), now=now)
    with pytest.raises(Conflict, match="under management already"):
        manage_group(loose.pk, actor=acting(keeper, now=now), now=now)


@pytest.mark.parametrize("way", [join, may_join])
def test_is_not_taken_out_while_something_ends_or_is_eligible(keeper, team, now, way):
    way(make_user(now=now), team, now=now)
    with pytest.raises(NotAllowed) as refused:
        release_group(team.pk, actor=acting(keeper, now=now), now=now)
    assert refused.value.rules == ("ManagementRule",)
    assert Group.objects.get(pk=team.pk).is_managed


def test_says_what_has_to_end_first():
    decision = can_release(Bound(eligible=2, ending=0, waiting=1))
    assert decision.reason == "End these first: 2 eligible, 1 waiting for an answer."
    assert can_release(Bound())


def test_retires_with_its_owners_a_group_that_nobody_else_is_in(owner, team, now):
    member, access = join(make_user(now=now), team, now=now, days=1), acting(owner, now=now).access
    with pytest.raises(NotAllowed, match="1 membership has not ended"):
        retire_group(team.pk, actor=acting(owner, now=now), now=now)

    later = member.ends_at
    retire_group(team.pk, actor=acting(owner, now=later), now=later)

    team.refresh_from_db()
    assert team.retired_at == team.resource.retired_at == later
    assert not Assignment.objects.not_ended(later).filter(resource=team.resource).exists()
    assert last(AuditAction.GROUP_RETIRED).sentence == "Olga Owner retired the group Team."
    assert not find_groups(access, Search(), now=now).lines
    assert team not in GROUPS.rows()
    assert not names_in(Asked(principals=["team"]), access).principals


def test_nobody_joins_or_holds_through_what_is_retired(keeper, team, now):
    retire_group(team.pk, actor=acting(keeper, now=now), now=now)

    with pytest.raises(Invalid, match="no such"):
        join(make_user(now=now), team, now=now)
    with pytest.raises(Invalid, match="no such"):
        make_active(team, built_in.CONTRIBUTOR, make_resource(now=now), now=now, ends_at=now + DAY)


def test_approves_nothing_any_more_where_nothing_is_in_use(owner, team, administrator, now):
    """Nobody could take it off that list: it would have power, and be in use, for ever."""
    shop = make_resource("Shop", now=now)
    set_rules(built_in.READER, resource=shop, approvers=(team, administrator), now=now)
    with pytest.raises(NotAllowed, match="approves for 1 role"):
        retire_group(team.pk, actor=acting(administrator, now=now), now=now)

    retire_resource(resource=shop, actor=administrator.party, now=now)

    assert not power_of(team.pk, now=now)
    retire_group(team.pk, actor=acting(owner, now=now), now=now)


def test_does_not_retire_a_group_that_reviews(owner, team, now):
    set_review_seats(
        source_id=uuid4(), name="Quarterly", seats=[(team.pk, built_in.READER, make_resource(now=now).pk)]
    )

    assert in_the_way(team, now=now).reviews == 1


def test_says_all_that_keeps_a_group_in_use():
    assert can_retire(InTheWay())
    reasons = [
        refusal.reason
        for refusal in can_retire(InTheWay(inside=3, held=1, seats=1, reviews=1, waiting=2)).refusals
    ]
    assert reasons == [
        "3 memberships have not ended. End them first.",
        "It holds 1 role. Remove it first.",
        "It approves for 1 role. Replace it first.",
        "It reviews in 1 access review. Replace it first.",
        "2 requests are open. Answer them first.",
    ]


# ---- Reading -----------------------------------------------------------------------------------------------


def test_an_owner_sees_their_group_alone(owner, team, loose, now):
    found = find_groups(acting(owner, now=now).access, Search(), now=now)
    assert [line.group for line in found.lines] == [team]
    assert found.counts[Tab.ALL] == "1"


def test_lists_each_group_with_its_people_and_power(keeper, owner, team, loose, now):
    join(make_user(now=now), team, now=now)
    may_join(make_user(now=now), team, now=now)
    give_power(team, now)
    found = find_groups(acting(keeper, now=now).access, Search(), now=now)
    assert [(line.group.name, line.members, line.owners, line.has_power) for line in found.lines] == [
        ("Loose", 0, 0, False),
        ("Team", 1, 1, True),
    ]
    assert found.counts == {Tab.ALL: "2", Tab.MANAGED: "1", Tab.NOT_MANAGED: "1", Tab.OWNERLESS: "1"}


def test_a_group_whose_owner_is_disabled_has_none(keeper, owner, team, now):
    access = acting(keeper, now=now).access
    assert find_groups(access, Search(Tab.OWNERLESS), now=now).lines == []
    disable(owner)
    assert [line.group for line in find_groups(access, Search(Tab.OWNERLESS), now=now).lines] == [team]
    assert group_detail(team, access, now=now).owners == 0


def test_finds_by_every_word(keeper, team, loose, now):
    access = acting(keeper, now=now).access
    assert [line.group for line in find_groups(access, Search(q="shop team"), now=now).lines] == [team]


def test_takes_as_many_queries_for_two_groups_as_for_twenty(keeper, now, django_assert_num_queries):
    access = acting(keeper, now=now).access
    for size in (2, 18):
        for _ in range(size):
            join(make_user(now=now, enrolled=False), make_group(now=now), now=now)
        with django_assert_num_queries(8):
            find_groups(access, Search(), now=now)


def test_lists_members_of_every_kind_without_what_lost_its_ground(team, now):
    ann, bob, cas = (make_user(name, now=now) for name in ("Ann", "Bob", "Cas"))
    join(ann, team, now=now)
    activated = [(person, may_join(person, team, now=now)) for person in (bob, cas)]
    for person, row in activated:
        activate(row, person, now=now)
    disable(cas)
    rows = people_of(team, Part.MEMBERS, now=now).rows
    assert sorted((row.principal.name, row.kind, row.origin) for row in rows) == [
        ("Ann", "active", "assigned"),
        ("Bob", "active", "activated"),
        ("Bob", "eligible", "assigned"),
        ("Cas", "eligible", "assigned"),
    ]


def test_tells_the_other_admins_and_the_permanent_owners_that_a_group_is_under_management(
    administrator, requester, approver, now
):
    other = make_user("Otto Other", now=now)
    make_active(other, built_in.SECURITY_ADMINISTRATOR, now=now)
    loose = make_group("Loose", now=now, is_managed=False)
    make_active(requester, built_in.GROUP_OWNER, loose.resource, now=now)

    manage_group(loose.pk, actor=acting(administrator, now=now), now=now)

    notices = Notice.objects.filter(event="group_managed")
    assert {notice.address for notice in notices} == {other.email, requester.email}
    assert {notice.subject for notice in notices} == {"PIM: Loose was put under management"}
