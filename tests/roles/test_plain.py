from dataclasses import replace
from uuid import UUID

import pytest

from apps.common.errors import Invalid
from apps.roles.policy.plain import as_plain, from_plain
from apps.roles.policy.rules import Audience, Authentication, Cell, NoticeCase, RoleRules, Seat, SeatKind
from apps.roles.policy.strictness import is_loosened, stricter

ADA, BOB = (Seat(SeatKind.PRINCIPAL, UUID(int=n), name) for n, name in enumerate(("Ada", "Bob"), 1))
LEADS = Seat(SeatKind.PRINCIPAL, UUID(int=9), "Leads", is_group=True)
MANAGER = Seat(SeatKind.MANAGER, None, "The requester's manager")
ALERT = (NoticeCase.ACTIVATION, Audience.ADMIN)
RULES = RoleRules(
    maximum_half_hours=3,
    authentication=Authentication.CONTEXT,
    authentication_context="c1",
    requires_approval=True,
    approvers=(ADA, LEADS, MANAGER),
    permanent_active=False,
    active_maximum_days=15,
    cells={ALERT: Cell(False, ("soc@example.com",), True)},
)


def test_reads_as_people_would_write_it():
    plain = as_plain(RULES)

    assert plain["activation"] == {
        "maximum_hours": 1.5,
        "require": "context",
        "authentication_context": "c1",
        "justification": True,
        "ticket": False,
        "approval": True,
        "approval_window_minutes": 1440,
        "approver_justification": True,
        "approvers": [
            {"kind": "group", "id": str(UUID(int=9)), "name": "Leads"},
            {"kind": "manager"},
            {"kind": "person", "id": str(UUID(int=1)), "name": "Ada"},
        ],
    }
    assert plain["assignment"]["active_maximum_days"] == 15
    assert plain["notification"]["activation"]["admin"]["additional_recipients"] == ["soc@example.com"]


def test_comes_back_as_it_went():
    back = from_plain(as_plain(RULES))

    assert set(back.approvers) == set(RULES.approvers)
    assert back.cell(*ALERT) == RULES.cell(*ALERT)
    assert as_plain(back) == as_plain(RULES)


def test_takes_what_is_left_out_from_the_base():
    rules = from_plain({"activation": {"ticket": True}}, base=RULES)

    assert rules == replace(RULES, requires_ticket=True)


@pytest.mark.parametrize(
    "plain",
    [
        {"colour": {}},
        {"activation": {"tickets": True}},
        {"activation": {"ticket": "yes"}},
        {"activation": {"require": "password"}},
        {"activation": {"maximum_hours": "8"}},
        {"activation": {"maximum_hours": True}},
        {"activation": {"maximum_hours": 0.75}},
        {"activation": {"maximum_hours": float("inf")}},
        {"activation": {"approvers": [{"kind": "person", "id": "Ada"}]}},
        {"activation": {"approvers": [{"kind": "friend"}]}},
        {"activation": {"approvers": "Ada"}},
        {"activation": []},
        {"assignment": {"eligible_maximum_days": True}},
        {"notification": {"activation": {"admin": {"critical_only": 1}}}},
        {"notification": {"activation": {"everybody": {}}}},
    ],
)
def test_refuses_what_is_no_setting(plain):
    with pytest.raises(Invalid):
        from_plain(plain)


# ---- Which asks for more -----------------------------------------------------------------------------------

LOOSER = {
    "a longer maximum": {"maximum_half_hours": 4},
    "no factor": {"authentication": Authentication.NONE, "authentication_context": ""},
    "a weaker factor": {"authentication": Authentication.MFA, "authentication_context": ""},
    "no justification": {"requires_justification": False},
    "no approval": {"requires_approval": False},
    "another approver": {"approvers": (ADA, LEADS, MANAGER, BOB)},
    "the default approvers": {"approvers": ()},
    "no reason of approvers": {"approver_justification": False},
    "permanent active": {"permanent_active": True},
    "longer active": {"active_maximum_days": 30},
    "no reason for active": {"active_requires_justification": False},
    "nobody more is told": {"cells": {ALERT: Cell(False, (), True)}},
}
STRICTER = {
    "a shorter maximum": {"maximum_half_hours": 2},
    "a factor each time": {"authentication": Authentication.MFA_EACH_TIME, "authentication_context": ""},
    "a ticket": {"requires_ticket": True},
    "fewer approvers": {"approvers": (ADA,)},
    "not permanently eligible": {"permanent_eligible": False},
    "shorter active": {"active_maximum_days": 15},
    "a factor for active": {"active_requires_mfa": True},
    "all are told": {"cells": {ALERT: Cell(True, ("soc@example.com",))}},
    "a shorter window": {"approval_window_minutes": 60},
}


@pytest.mark.parametrize("change", LOOSER.values(), ids=LOOSER)
def test_knows_what_loosens(change):
    new = replace(RULES, **change)

    assert is_loosened(RULES, new)
    assert as_plain(stricter(RULES, new)) == as_plain(RULES)


@pytest.mark.parametrize("change", STRICTER.values(), ids=STRICTER)
def test_knows_what_does_not_loosen(change):
    new = replace(RULES, **change)

    assert not is_loosened(RULES, new)
    assert as_plain(stricter(RULES, new)) == as_plain(new)


def test_takes_from_each_what_asks_for_more():
    new = replace(RULES, maximum_half_hours=2, requires_approval=False)

    both = stricter(RULES, new)

    assert (both.maximum_half_hours, both.requires_approval, both.approvers) == (2, True, RULES.approvers)


def test_leaves_the_days_alone_where_permanent_was_allowed():
    old, new = RoleRules(eligible_maximum_days=15), RoleRules(permanent_eligible=False)

    assert not is_loosened(old, new)
    assert is_loosened(new, replace(new, permanent_eligible=True))
