from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from apps.accounts.policy import SecondFactor
from apps.administration.policy.keeping import Keeper
from apps.administration.policy.resources import (
    TOP,
    InTheWay,
    Node,
    can_be_called,
    can_create,
    can_move,
    can_rename,
    can_retire,
)
from apps.common.access import Access, Grant, Permission, Provider

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
PRODUCTION, SHOP = Node("p/", "Production"), Node("p/s/", "Shop")
SANDBOX, TEST = Node("x/", "Sandbox"), Node("x/t/", "Test")
NOTHING = InTheWay()
BOTH = (Permission.ASSIGNMENTS_MANAGE, Permission.SETTINGS_MANAGE)


def keeper(*paths, permissions=BOTH, provider=Provider.RESOURCES, **facts):
    grants = frozenset(Grant(need, provider, path) for need in permissions for path in paths)
    return Keeper(access=Access(UUID(int=1), grants), now=NOW, **facts)


def move(who, resource=SHOP, *, away_from=PRODUCTION, to=SANDBOX, mover_gains=()):
    return can_move(who, resource, away_from=away_from, to=to, mover_gains=mover_gains, unapproved=())


# ---- Who keeps a place -------------------------------------------------------------------------------------


@pytest.mark.parametrize("permission", BOTH)
def test_takes_both_permissions_to_keep_a_place(permission):
    assert not can_create(keeper("p/", permissions=(permission,)), below=PRODUCTION)


def test_keeps_nothing_with_the_permissions_of_another_family():
    assert not can_create(keeper("", provider=Provider.DIRECTORY), below=PRODUCTION)


def test_creates_below_what_one_keeps_and_nowhere_else():
    owner = keeper("p/")

    assert can_create(owner, below=PRODUCTION)
    assert can_create(owner, below=SHOP)
    assert not can_create(owner, below=SANDBOX)
    assert can_create(owner, below=TOP).rules == ("KeeperRule",)


def test_creates_at_the_top_when_one_keeps_all():
    assert can_create(keeper(""), below=TOP)


def test_renames_what_one_keeps():
    assert can_rename(keeper("p/"), SHOP)
    assert not can_rename(keeper("x/"), SHOP)


def test_lets_the_console_do_all_that():
    console = Keeper(now=NOW, is_console=True)

    assert can_create(console, below=TOP)
    assert move(console)
    assert console.proven()


@pytest.mark.parametrize(("age", "counts"), [(300, True), (301, False)])
def test_asks_for_a_fresh_second_factor(age, counts):
    assert bool(keeper(second_factor=SecondFactor(NOW - timedelta(seconds=age))).proven()) is counts


# ---- Moving ------------------------------------------------------------------------------------------------


def test_moves_with_the_right_at_both_places():
    assert move(keeper("p/", "x/"))


@pytest.mark.parametrize("paths", [("p/",), ("x/",), ("p/s/", "x/")])
def test_does_not_move_with_the_right_at_one_of_them(paths):
    assert "KeeperRule" in move(keeper(*paths)).rules


def test_moves_to_the_top_when_one_keeps_all():
    assert not move(keeper("p/", "x/"), to=TOP)
    assert move(keeper(""), to=TOP)


@pytest.mark.parametrize("to", [PRODUCTION, SHOP])
def test_moves_nothing_below_itself(to):
    assert move(keeper(""), PRODUCTION, away_from=TOP, to=to).rules == ("TreeRule",)


def test_moves_nothing_to_where_it_lies():
    assert move(keeper(""), to=PRODUCTION).rules == ("TreeRule",)


def test_does_not_move_what_the_mover_gains_by():
    refused = move(keeper(""), mover_gains={"Owner"})

    assert refused.rules == ("SelfRule",)
    assert "Owner" in refused.reason


# ---- Retiring and names ------------------------------------------------------------------------------------


def test_retires_what_nothing_holds_in_use():
    assert can_retire(keeper("p/"), SHOP, NOTHING)
    assert not can_retire(keeper("x/"), SHOP, NOTHING)


def test_says_all_that_keeps_it_in_use():
    refused = can_retire(keeper("p/"), SHOP, InTheWay(held=1, waiting=2, below=1200))

    assert [refusal.reason for refusal in refused.refusals] == [
        "1 assignment is held there. End it first.",
        "2 requests are open there. Answer them first.",
        "1,200 resources lie below. Retire or move them first.",
    ]


@pytest.mark.parametrize(
    ("name", "kind", "fields"),
    [
        ("Shop", "Database", []),
        (" ", "", ["name", "kind"]),
        ("\u200b", "Database", ["name"]),
        ("ORDERS", "Database", ["name"]),
        ("s" * 121, "d" * 61, ["name", "kind"]),
    ],
)
def test_gives_a_name_that_nothing_beside_it_has(name, kind, fields):
    refused = can_be_called(name, kind, taken={"orders"})

    assert [refusal.field for refusal in refused.refusals] == fields
