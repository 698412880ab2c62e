import pytest

from apps.alerts.policy import catalogue
from apps.alerts.policy.rules.holders import (
    permanent_power,
    privileged_guests,
    stale_accounts,
    unused_roles,
    without_second_factor,
)
from tests.alerts.facts import (
    DATABASE,
    DATABASE_ID,
    DAY,
    SECOND,
    global_administrator,
    look,
    person,
    row,
    texts,
)
from tests.alerts.making import NOW

GUS = person("Gus", is_guest=True)


def test_finds_guests_with_privileged_roles_only():
    found = look(
        catalogue.PRIVILEGED_GUEST,
        privileged_guests,
        [row(GUS), row(person()), row(GUS, role="Teams Administrator", is_privileged=False)],
    )

    assert texts(found) == ["Gus, a guest, is eligible for Global Reader on Contoso."]
    assert found[0].ids == {"assignment": "a-gus-global reader"}


def test_finds_guests_behind_groups_whose_row_is_not_theirs():
    found = look(
        catalogue.PRIVILEGED_GUEST, privileged_guests, [row(person(), GUS, group="Readers", kind="active")]
    )

    assert texts(found) == ["Gus, a guest, can have Global Reader on Contoso through the group Readers."]
    assert found[0].about == GUS.party
    assert found[0].ids == {"person": "gus", "group": "readers"}


@pytest.mark.parametrize(
    ("away", "count"), [(30 * DAY - SECOND, 0), (30 * DAY, 1), (30 * DAY + SECOND, 1)], ids=str
)
def test_finds_accounts_that_nobody_signed_in_with(away, count):
    found = look(catalogue.STALE_ACCOUNT, stale_accounts, [row(person(seen_at=NOW - away))])

    assert len(found) == count
    assert (
        texts(found)
        == ["Ada has not signed in for 30 days and is eligible for Global Reader on Contoso."] * count
    )


def test_finds_stale_accounts_behind_groups_one_by_one():
    old, older = (
        person("Old", seen_at=NOW - 31 * DAY),
        person("Older", seen_at=NOW - 90 * DAY, is_enabled=False),
    )
    found = look(catalogue.STALE_ACCOUNT, stale_accounts, [row(old, person(), older, group="Readers")])

    assert [each.about.name for each in found] == ["Old", "Older"]
    assert len({each.key for each in found}) == 2


@pytest.mark.parametrize(("used", "count"), [(30 * DAY - SECOND, 0), (30 * DAY, 1), (31 * DAY, 1)], ids=str)
def test_finds_roles_that_nobody_activated(used, count):
    found = look(catalogue.UNUSED_ROLE, unused_roles, [row(last_used_at=NOW - used)])

    assert len(found) == count


@pytest.mark.parametrize(("held", "count"), [(30 * DAY - SECOND, 0), (30 * DAY, 1), (31 * DAY, 1)], ids=str)
def test_gives_whoever_is_newly_eligible_the_same_time(held, count):
    found = look(catalogue.UNUSED_ROLE, unused_roles, [row(starts_at=NOW - held)])

    assert len(found) == count


def test_does_not_expect_anybody_to_activate_what_is_always_active():
    assert not look(catalogue.UNUSED_ROLE, unused_roles, [row(kind="active")])


def test_says_of_a_group_that_nobody_in_it_used_the_role():
    found = look(catalogue.UNUSED_ROLE, unused_roles, [row(group="Readers")])

    assert texts(found) == [
        "The group Readers is eligible for Global Reader on Contoso and has not activated it for 365 days."
    ]
    assert found[0].ids == {"assignment": "a-readers-global reader"}


@pytest.mark.parametrize(
    "harmless",
    [
        row(kind="eligible"),
        row(kind="active", ends_at=NOW + DAY),
        row(kind="active", is_privileged=False),
        row(person(is_enabled=False), kind="active"),
        row(person(is_enabled=False), kind="active", group="Nobody"),
    ],
)
def test_does_not_mind_power_that_ends_or_that_nobody_has(harmless):
    assert not look(catalogue.PERMANENT_POWER, permanent_power, [harmless])


def test_finds_power_that_never_ends():
    found = look(
        catalogue.PERMANENT_POWER,
        permanent_power,
        [row(kind="active"), row(person(), person("Tom"), group="Readers", kind="active")],
    )

    assert texts(found) == [
        "Ada is always active for Global Reader on Contoso, without an end.",
        "The group Readers is always active for Global Reader on Contoso, without an end, with 2 people "
        "permanently in it.",
    ]
    assert [list(each.ids) for each in found] == [["assignment"], ["assignment"]]


@pytest.mark.parametrize(("people", "count"), [(1, 0), (2, 0), (3, 3)])
def test_leaves_two_global_administrators_for_emergencies(people, count):
    rows = [global_administrator(person(f"P{n}"), kind="active") for n in range(people)]

    found = look(catalogue.PERMANENT_POWER, permanent_power, rows)

    assert len(found) == count
    assert all(each.text.endswith("without an end. 3 people are; 2 do for emergencies.") for each in found)


def test_counts_the_people_behind_a_group_as_global_administrators():
    rows = [global_administrator(*(person(f"P{n}") for n in range(3)), group="Break glass", kind="active")]

    assert len(look(catalogue.PERMANENT_POWER, permanent_power, rows)) == 1


def test_finds_each_person_without_a_second_factor_once_a_place():
    new = person("New", has_factor=False)
    found = look(
        catalogue.NO_SECOND_FACTOR,
        without_second_factor,
        [
            row(new),
            row(new, person(), group="Readers", role="Security Reader"),
            row(new, role="Owner", place=DATABASE),
        ],
    )

    assert texts(found) == [
        "New is eligible for 2 roles on Contoso and has set up no second factor.",
        "New is eligible for Owner on Database and has set up no second factor.",
    ]
    assert found[1].key == f"person:new:resource:{DATABASE_ID}"
    assert found[0].ids == {"person": "new"}


@pytest.mark.parametrize(
    "harmless",
    [row(), row(person(has_factor=False), kind="active"), row(person(has_factor=False, is_enabled=False))],
)
def test_does_not_ask_others_for_a_second_factor(harmless):
    assert not look(catalogue.NO_SECOND_FACTOR, without_second_factor, [harmless])
