"""What gives power: rows, seats and groups, read at once however many are asked for."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.access_requests.models import ReviewSeat
from apps.access_requests.policy.power import NO_POWER
from apps.access_requests.selectors.power import power_of, powers_of
from apps.access_requests.services.door import assess
from apps.access_requests.services.seats import set_review_seats
from apps.audit.vocabulary import CONSOLE
from apps.common.access import DIRECTORY_PATH, Permission, Provider
from apps.roles import built_in
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.rules import Seat, SeatKind
from apps.roles.selectors import directory
from apps.roles.services.custom_roles import create_role
from tests.access_requests.asking import giving
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
    save_rules,
    set_rules,
)

REVIEW = uuid4()
DIRECTORY = (Provider.DIRECTORY, DIRECTORY_PATH)


@pytest.fixture
def person(db, now):
    return make_user("Pia", now=now)


@pytest.fixture
def group(db, now):
    return make_group("Team", now=now)


def says(principal, now):
    return sorted(source.says for source in power_of(principal.id, now=now).sources)


def own(person, group, now, **facts):
    return make_active(
        person, built_in.GROUP_OWNER, group.resource, now=now, ends_at=now + timedelta(days=90), **facts
    )


def test_nobody_has_power_by_being_there(person, group, now):
    assert powers_of([person.id, group.id], now=now) == {person.id: NO_POWER, group.id: NO_POWER}


@pytest.mark.parametrize("way", [join, may_join, own])
def test_a_group_without_power_gives_none(person, group, now, way):
    way(person, group, now=now)
    assert not power_of(person.id, now=now)


def test_being_eligible_is_power(person, now):
    assign(person, now=now)
    assert says(person, now) == ["Eligible: Teams Administrator on Example Organisation"]


def test_a_row_counts_before_its_start_and_until_its_end(person, now):
    start, end = now + timedelta(days=1), now + timedelta(days=2)
    assign(person, now=now, starts_at=start, ends_at=end)
    assert power_of(person.id, now=now)
    assert power_of(person.id, now=end - timedelta(seconds=1))
    assert not power_of(person.id, now=end)


def test_an_activation_counts(person, group, now):
    make_active(
        group := make_group("Admins", now=now, is_role_assignable=True),
        built_in.READER,
        now=now,
        resource=make_resource("Shop", now=now),
        ends_at=now + timedelta(days=30),
    )
    row = may_join(person, group, now=now)
    activate(row, person, now=now)
    assert "Active: Reader on Shop" in says(person, now)


def test_disabled_people_keep_their_power(person, now):
    assign(person, now=now)
    disable(person)
    assert power_of(person.id, now=now)


@pytest.mark.parametrize("way", [join, may_join, own])
def test_power_comes_through_groups_of_any_depth(person, group, now, way):
    outer, root = make_group("Outer", now=now), make_resource("Root", now=now)
    shop = make_resource("Shop", parent=root, now=now)
    assign(outer, built_in.CONTRIBUTOR, shop, now=now, ends_at=now + timedelta(days=30))
    way(group, outer, now=now)
    way(person, group, now=now)
    power = power_of(person.id, now=now)
    assert power.scopes == {(Provider.RESOURCES, shop.path)}
    assert not power.reaches_directory
    assert not power.reaches_global_administrator


def test_a_role_assignable_group_has_power_and_gives_it(person, now):
    admins = make_group("Admins", now=now, is_role_assignable=True)
    join(person, admins, now=now)
    assert says(person, now) == ["Admins is role-assignable"]
    assert power_of(person.id, now=now).reaches_directory


def test_whoever_may_become_global_administrator_reaches_it(person, now):
    admins = make_group("Admins", now=now, is_role_assignable=True)
    assign(admins, built_in.GLOBAL_ADMINISTRATOR, now=now)
    may_join(person, admins, now=now)
    assert power_of(person.id, now=now).reaches_global_administrator


def test_whoever_may_change_global_administrators_reaches_it_by_whatever_role(person, now):
    granted = frozenset({(Provider.DIRECTORY, Permission.GLOBAL_ADMINISTRATORS_MANAGE)})
    role = create_role(provider=Provider.DIRECTORY, name="Helper", granted=granted, actor=CONSOLE, now=now)

    assign(person, role.pk, now=now)

    assert power_of(person.id, now=now).reaches_global_administrator


def test_a_seat_is_power_by_name_and_through_a_group(person, group, now):
    set_rules(now=now, approvers=(group,))
    join(person, group, now=now)
    assert says(group, now) == says(person, now) == ["Approves Teams Administrator"]
    assert power_of(person.id, now=now).scopes == {DIRECTORY}


def test_a_seat_on_one_resource_reaches_that_resource(person, now):
    shop = make_resource("Shop", now=now)
    set_rules(built_in.CONTRIBUTOR, now=now, resource=shop, approvers=(person,))
    assert power_of(person.id, now=now).scopes == {(Provider.RESOURCES, shop.path)}


def test_a_seat_of_a_role_wherever_it_is_held_reaches_the_whole_provider(person, now):
    set_rules(built_in.CONTRIBUTOR, now=now, approvers=(person,))
    assert power_of(person.id, now=now).scopes == {(Provider.RESOURCES, "")}


def test_whoever_admits_people_to_a_group_has_what_it_has(person, group, now):
    set_rules(built_in.GROUP_MEMBER, now=now, resource=group.resource, approvers=(person,))
    assert not power_of(person.id, now=now)
    shop = make_resource("Shop", now=now)
    assign(group, built_in.READER, shop, now=now, ends_at=now + timedelta(days=30))
    assert power_of(person.id, now=now).scopes == {(Provider.RESOURCES, shop.path)}


def test_managers_have_power_while_a_role_asks_for_their_consent(person, now):
    report = make_user("Rita", now=now, manager=person)
    assert not power_of(person.id, now=now)
    save_rules(now=now, requires_approval=True, approvers=(Seat(SeatKind.MANAGER),))
    assert says(person, now) == ["Approves as a manager"]
    assert not power_of(report.id, now=now)


def seat(principal, role_id, resource, *, source_id=REVIEW):
    seats = [(principal and principal.id, role_id, resource.id)]
    set_review_seats(source_id=source_id, name="Quarterly", seats=seats)


def test_reviewing_is_power_by_name_and_through_a_group(person, group, now):
    shop = make_resource("Shop", now=now)
    join(person, group, now=now)

    seat(group, built_in.CONTRIBUTOR, shop)

    assert says(group, now) == says(person, now) == ["Reviews Contributor on Shop"]
    assert power_of(person.id, now=now).scopes == {(Provider.RESOURCES, shop.path)}


def test_a_user_administrator_lets_nobody_into_a_group_that_reviews(group, now):
    keeper = make_user(now=now)
    make_active(keeper, built_in.USER_ADMINISTRATOR, now=now)
    adding = giving(
        make_user(now=now), built_in.GROUP_MEMBER, group.resource, ends_at=now + timedelta(days=9)
    )
    assert assess(adding, actor=acting(keeper, now=now), now=now)

    seat(group, built_in.TEAMS_ADMINISTRATOR, directory())
    assert assess(adding, actor=acting(keeper, now=now), now=now).rules == ("AdminRequestRule",)

    set_review_seats(source_id=REVIEW, name="Quarterly", seats=())
    assert assess(adding, actor=acting(keeper, now=now), now=now)


@pytest.mark.parametrize("role_id", [built_in.GROUP_MEMBER, built_in.GROUP_OWNER])
def test_whoever_reviews_who_is_in_a_group_has_what_it_has(person, group, now, role_id):
    seat(person, role_id, group.resource)
    assert not power_of(person.id, now=now)
    assign(group, built_in.READER, make_resource("Shop", now=now), now=now, ends_at=now + timedelta(days=30))
    assert says(person, now) == ["Eligible: Reader on Shop"]


def test_seats_of_one_review_are_replaced_and_those_of_another_stay(person, now):
    other = make_user(now=now)
    seat(person, built_in.TEAMS_ADMINISTRATOR, directory())
    seat(person, built_in.SECURITY_READER, directory(), source_id=uuid4())

    seat(other, built_in.TEAMS_ADMINISTRATOR, directory())

    assert says(person, now) == ["Reviews Security Reader on Example Organisation"]
    assert says(other, now) == ["Reviews Teams Administrator on Example Organisation"]


def test_a_seat_named_twice_is_one_and_the_database_takes_no_second(person, now):
    for one in ((person.id, built_in.READER), (None, built_in.READER)):
        seats = [(*one, directory().id)] * 2
        set_review_seats(source_id=REVIEW, name="Quarterly", seats=seats)
        kept = ReviewSeat.objects.get(source_id=REVIEW)
        kept.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            kept.save(force_insert=True)


def test_managers_have_power_while_a_review_asks_them(person, now):
    report = make_user("Rita", now=now, manager=person)
    seat(None, built_in.TEAMS_ADMINISTRATOR, directory())
    assert says(person, now) == ["Reviews as a manager"]
    assert not power_of(report.id, now=now)


@pytest.mark.parametrize("retired", [RoleDefinition, Resource])
def test_reviewing_what_is_retired_is_no_power(person, now, retired):
    report = make_user("Rita", now=now, manager=person)
    shop = make_resource("Shop", now=now)
    role = create_role(
        provider=Provider.RESOURCES, name="Helper", granted=frozenset(), actor=CONSOLE, now=now
    )
    seats = [(each, role.pk, shop.id) for each in (person.id, None)]
    set_review_seats(source_id=REVIEW, name="Quarterly", seats=seats)
    assert says(person, now) == ["Reviews Helper on Shop", "Reviews as a manager"]

    retired.objects.filter(pk__in=(role.pk, shop.id)).update(retired_at=now)

    assert not power_of(person.id, now=now)
    assert not power_of(report.id, now=now)


def test_reads_as_many_rows_for_two_as_for_twenty(now, db, django_assert_num_queries):
    people = [make_user(now=now, enrolled=False) for _ in range(20)]
    for person in people:
        group = make_group(now=now)
        join(person, group, now=now)
        set_rules(built_in.READER, resource=make_resource(now=now), now=now, approvers=(group,))
        seat(group, built_in.CONTRIBUTOR, make_resource(now=now), source_id=uuid4())
    for some in (people[:2], people):
        with django_assert_num_queries(8):
            assert all(powers_of([person.id for person in some], now=now).values())
