import pytest

from apps.alerts.policy import catalogue
from apps.alerts.policy.rules.crowds import (
    too_many_global_administrators,
    too_many_owners,
    too_many_permanent_owners,
)
from apps.audit.vocabulary import Place
from tests.alerts.facts import DATABASE, DAY, global_administrator, look, owner, person, row, texts
from tests.alerts.making import NOW


def crowd(make, count, **facts):
    return [make(person(f"P{n}"), **facts) for n in range(count)]


def others(count, **facts):
    return [row(person(f"Other {n}"), role="Reader", **facts) for n in range(count)]


@pytest.mark.parametrize(("admins", "rest", "count"), [(2, 0, 0), (3, 27, 3), (3, 28, 0), (4, 27, 4)])
def test_finds_too_many_global_administrators_where_both_thresholds_are_crossed(admins, rest, count):
    found = look(
        catalogue.TOO_MANY_GLOBAL_ADMINISTRATORS,
        too_many_global_administrators,
        crowd(global_administrator, admins) + others(rest),
    )

    assert len(found) == count


def test_names_each_global_administrator_with_how_many_there_are():
    found = look(
        catalogue.TOO_MANY_GLOBAL_ADMINISTRATORS,
        too_many_global_administrators,
        [
            *crowd(global_administrator, 2),
            global_administrator(person("X"), person("Y"), group="Ops"),
            *others(4),
        ],
    )

    assert texts(found)[1:] == [
        "P1 is eligible for Global Administrator on Contoso. 4 people are, 50 % of all who have a "
        "directory role.",
        "The group Ops is eligible for Global Administrator on Contoso. 4 people are, 50 % of all who have a "
        "directory role.",
    ]
    assert found[2].ids == {"assignment": "a-ops-global administrator"}


def test_counts_each_person_once_and_nobody_who_is_disabled():
    rows = [
        global_administrator(person("P0")),
        global_administrator(person("P0"), kind="active"),
        global_administrator(person("P1")),
        global_administrator(person("Gone", is_enabled=False)),
    ]

    assert not look(catalogue.TOO_MANY_GLOBAL_ADMINISTRATORS, too_many_global_administrators, rows)


@pytest.mark.parametrize(("owners", "rest", "count"), [(4, 0, 0), (5, 5, 5), (5, 6, 0), (6, 5, 6)])
def test_finds_too_many_owners_where_both_thresholds_are_crossed(owners, rest, count):
    rows = crowd(owner, owners) + others(rest, place=DATABASE)

    assert len(look(catalogue.TOO_MANY_OWNERS, too_many_owners, rows)) == count


def test_counts_owners_for_each_resource_apart():
    elsewhere = Place("resources", "e/", "Elsewhere")

    rows = crowd(owner, 3) + crowd(owner, 3, place=elsewhere)

    assert not look(catalogue.TOO_MANY_OWNERS, too_many_owners, rows)


@pytest.mark.parametrize(("endless", "rest", "count"), [(2, 0, 0), (3, 27, 3), (3, 28, 0), (4, 27, 4)])
def test_finds_too_many_permanent_owners_where_both_thresholds_are_crossed(endless, rest, count):
    eligible = [owner(person(f"Other {n}")) for n in range(rest)]
    rows = crowd(owner, endless, kind="active") + eligible

    found = look(catalogue.TOO_MANY_PERMANENT_OWNERS, too_many_permanent_owners, rows)

    assert len(found) == count


def test_does_not_count_owners_whose_time_ends():
    rows = crowd(owner, 5, kind="active", ends_at=NOW + DAY)

    assert not look(catalogue.TOO_MANY_PERMANENT_OWNERS, too_many_permanent_owners, rows)


def test_names_each_permanent_owner():
    found = look(
        catalogue.TOO_MANY_PERMANENT_OWNERS,
        too_many_permanent_owners,
        crowd(owner, 1, kind="active"),
        count=1,
    )

    assert texts(found) == [
        "P0 is always active for Owner on Database, without an end. 1 person is, 100 % of its owners."
    ]
