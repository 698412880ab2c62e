from dataclasses import replace

import pytest

from apps.alerts.policy import catalogue
from apps.alerts.policy.rules.settings import (
    Changed,
    Followed,
    Stranded,
    no_mfa_on_activation,
    no_reachable_approver,
    settings_loosened,
)
from apps.roles.policy.rules import Authentication, RoleRules
from tests.alerts.facts import DAY, DIRECTORY, ROLE_AND_PLACE, SECOND, look, texts
from tests.alerts.making import NOW

STRICT = RoleRules(requires_approval=True, maximum_half_hours=4)
LOOSE = RoleRules(requires_approval=False, maximum_half_hours=16)


@pytest.mark.parametrize(
    ("authentication", "count"),
    [
        (Authentication.NONE, 1),
        (Authentication.MFA, 0),
        (Authentication.MFA_EACH_TIME, 0),
        (Authentication.CONTEXT, 0),
    ],
)
def test_finds_roles_that_ask_for_no_second_factor(authentication, count):
    facts = [Followed("r1", "Reader", DIRECTORY, RoleRules(authentication=authentication), 12)]

    found = look(catalogue.NO_MFA_ON_ACTIVATION, no_mfa_on_activation, facts)

    assert (
        texts(found)
        == ["Reader on Contoso asks for no second factor on activation; 12 eligible assignments there."]
        * count
    )
    assert all(each.ids == ROLE_AND_PLACE for each in found)


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ((), []),
        (("Ada",), ["Nobody who can be reached could approve Reader on Contoso for Ada."]),
        (
            ("Ada", "Eve", "Tom", "Zoe"),
            ["Nobody who can be reached could approve Reader on Contoso for Ada, Eve, Tom or 1 other."],
        ),
    ],
)
def test_finds_roles_that_nobody_could_approve(people, said):
    found = look(
        catalogue.NO_REACHABLE_APPROVER, no_reachable_approver, [Stranded("r1", "Reader", DIRECTORY, people)]
    )

    assert texts(found) == said
    assert all(each.ids == ROLE_AND_PLACE for each in found)


def change(before=STRICT, after=LOOSE, present=None, *, at=NOW, id_="c1", resource_id="x"):
    there = {"provider": "resources", "resource_id": resource_id, "place": DIRECTORY, "where": "on Contoso"}
    there |= {"by": "Ada", "by_id": "ada"}
    return Changed(id_, "r1", "Reader", at=at, before=before, after=after, present=present or after, **there)


def test_says_who_loosened_what():
    found = look(catalogue.SETTINGS_LOOSENED, settings_loosened, [change()])

    assert texts(found) == [
        "Ada loosened the settings of Reader on Contoso on 2 March 2026: "
        "Activation maximum duration; Require approval to activate."
    ]
    assert found[0].ids == {"role": "r1", "resource": "x", "person": "ada"}


def test_knows_what_was_loosened_everywhere():
    found = look(catalogue.SETTINGS_LOOSENED, settings_loosened, [change(resource_id="")])

    assert found[0].ids == {"role": "r1", "everywhere": "resources", "person": "ada"}


@pytest.mark.parametrize(("ago", "count"), [(30 * DAY - SECOND, 1), (30 * DAY, 0), (31 * DAY, 0)], ids=str)
def test_looks_back_at_changes_so_many_days(ago, count):
    assert len(look(catalogue.SETTINGS_LOOSENED, settings_loosened, [change(at=NOW - ago)])) == count


@pytest.mark.parametrize(
    "harmless",
    [
        change(before=LOOSE, after=STRICT),
        change(before=LOOSE, after=LOOSE),
        change(before=LOOSE, after=STRICT, present=RoleRules(authentication=Authentication.NONE)),
        change(present=STRICT),  # set back
        change(present=replace(STRICT, requires_ticket=True)),
    ],
)
def test_does_not_mind_what_was_tightened_or_set_back(harmless):
    assert not look(catalogue.SETTINGS_LOOSENED, settings_loosened, [harmless])


def test_minds_what_was_set_back_in_part():
    half = replace(LOOSE, requires_approval=True)

    found = look(catalogue.SETTINGS_LOOSENED, settings_loosened, [change(present=half)])

    assert texts(found) == [
        "Ada loosened the settings of Reader on Contoso on 2 March 2026: Activation maximum duration."
    ]


def test_finds_each_change_for_itself():
    found = look(catalogue.SETTINGS_LOOSENED, settings_loosened, [change(), change(id_="c2")])

    assert [each.key for each in found] == ["change:c1", "change:c2"]
