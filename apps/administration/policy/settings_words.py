"""Role settings in people's words: what each setting is called, what its value says, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from apps.common.spans import minutes_in_words
from apps.roles.policy.plain import CELLS
from apps.roles.policy.rules import Audience, Authentication, Cell, NoticeCase, RoleRules

DAYS_IN_WORDS = {15: "15 days", 30: "1 month", 90: "3 months", 180: "6 months", 365: "1 year"}
# What each of the nine mails is, and whom it goes to unless told otherwise (Entra's words).
SECTIONS = {
    NoticeCase.ELIGIBLE: "Members are assigned as eligible",
    NoticeCase.ACTIVE: "Members are assigned as active",
    NoticeCase.ACTIVATION: "Eligible members activate",
}
_ALERT, _ASSIGNEE = "Role assignment alert", "Notification to the assigned user"
_RENEWAL = "Request to approve a renewal or extension"
MAILS = {
    (NoticeCase.ELIGIBLE, Audience.ADMIN): (_ALERT, "Admins"),
    (NoticeCase.ELIGIBLE, Audience.HOLDER): (_ASSIGNEE, "Assignee"),
    (NoticeCase.ELIGIBLE, Audience.APPROVER): (_RENEWAL, "Approvers"),
    (NoticeCase.ACTIVE, Audience.ADMIN): (_ALERT, "Admins"),
    (NoticeCase.ACTIVE, Audience.HOLDER): (_ASSIGNEE, "Assignee"),
    (NoticeCase.ACTIVE, Audience.APPROVER): (_RENEWAL, "Approvers"),
    (NoticeCase.ACTIVATION, Audience.ADMIN): ("Role activation alert", "Admins"),
    (NoticeCase.ACTIVATION, Audience.HOLDER): ("Notification to the requester", "Requester"),
    (NoticeCase.ACTIVATION, Audience.APPROVER): ("Request to approve an activation", "Approvers"),
}


class Tab(StrEnum):
    """The three parts of the settings page, as in Entra."""

    ACTIVATION = "Activation"
    ASSIGNMENT = "Assignment"
    NOTIFICATION = "Notification"


@dataclass(frozen=True)
class Setting:
    """One setting: `name` as forms and addresses know it, `label` and `say` for people."""

    name: str
    tab: Tab
    label: str
    say: Callable[[RoleRules], str]


@dataclass(frozen=True)
class Comparison:
    """One setting in two sets of rules: its name, tab and label, and both values in words."""

    setting: Setting
    old: str
    new: str

    @property
    def label(self) -> str:
        return self.setting.label

    @property
    def tab(self) -> Tab:
        return self.setting.tab

    @property
    def differs(self) -> bool:
        return self.old != self.new


def compare(old: RoleRules, new: RoleRules) -> list[Comparison]:
    """Every setting, in the order of the page."""
    return [Comparison(setting, setting.say(old), setting.say(new)) for setting in SETTINGS]


def diff(old: RoleRules, new: RoleRules) -> list[Comparison]:
    """Every setting that says something else, in the order of the page."""
    return [each for each in compare(old, new) if each.differs]


def cell_name(case: NoticeCase, audience: Audience) -> str:
    return f"{case.value}_{audience.value}"


def cell_in_words(cell: Cell) -> str:
    """Who gets these mails: "Default recipients, soc@example.com, critical only"."""
    told = ["Default recipients"] if cell.default_recipients else []
    told += cell.additional_recipients
    if not told:
        return "Nobody"
    return ", ".join([*told, "critical only"] if cell.critical_only else told)


def _yes(name: str) -> Callable[[RoleRules], str]:
    return lambda rules: "Yes" if getattr(rules, name) else "No"


def _days(permanent: str, days: str) -> Callable[[RoleRules], str]:
    """Where permanent is allowed, the value is kept and says nothing."""

    def say(rules: RoleRules) -> str:
        value = DAYS_IN_WORDS.get(getattr(rules, days), f"{getattr(rules, days)} days")
        return f"{value}, not in use" if getattr(rules, permanent) else value

    return say


def _cell(case: NoticeCase, audience: Audience) -> Setting:
    def say(rules: RoleRules) -> str:
        return cell_in_words(rules.cell(case, audience))

    return Setting(cell_name(case, audience), Tab.NOTIFICATION, f"{case.label}: {audience.label}", say)


def _approvers(rules: RoleRules) -> str:
    return ", ".join(sorted(seat.name for seat in rules.approvers)) or "Nobody named"


def _activation(name: str, label: str, say: Callable[[RoleRules], str] | None = None) -> Setting:
    return Setting(name, Tab.ACTIVATION, label, say or _yes(name))


def _assignment(name: str, label: str, say: Callable[[RoleRules], str] | None = None) -> Setting:
    return Setting(name, Tab.ASSIGNMENT, label, say or _yes(name))


SETTINGS: tuple[Setting, ...] = (
    _activation(
        "maximum_half_hours",
        "Activation maximum duration",
        lambda rules: minutes_in_words(rules.maximum_minutes),
    ),
    _activation(
        "authentication", "On activation, require", lambda rules: Authentication(rules.authentication).label
    ),
    _activation(
        "authentication_context",
        "Authentication context",
        lambda rules: rules.authentication_context or "None",
    ),
    _activation("requires_justification", "Require justification on activation"),
    _activation("requires_ticket", "Require ticket information on activation"),
    _activation("requires_approval", "Require approval to activate"),
    _activation("approvers", "Approvers", _approvers),
    _activation(
        "approval_window_minutes",
        "Approval times out after",
        lambda rules: minutes_in_words(rules.approval_window_minutes),
    ),
    _activation("approver_justification", "Require justification of the approver"),
    _assignment("permanent_eligible", "Allow permanent eligible assignment"),
    _assignment(
        "eligible_maximum_days",
        "Expire eligible assignments after",
        _days("permanent_eligible", "eligible_maximum_days"),
    ),
    _assignment("permanent_active", "Allow permanent active assignment"),
    _assignment(
        "active_maximum_days",
        "Expire active assignments after",
        _days("permanent_active", "active_maximum_days"),
    ),
    _assignment("active_requires_mfa", "Require MFA on active assignment"),
    _assignment("active_requires_justification", "Require justification on active assignment"),
    *(_cell(case, audience) for case, audience in CELLS),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}
