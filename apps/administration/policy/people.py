"""Who may see people, create them, and change them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.access_requests.policy.power import Power, can_change_person
from apps.common.access import DIRECTORY_PATH, MANAGERS, OPENERS, Access, Permission, Provider
from apps.common.decision import ALLOWED, Decision, Refusal, denied

SEEING = (
    Permission.ASSIGNMENTS_READ,
    Permission.PEOPLE_MANAGE,
    Permission.PRIVILEGED_PEOPLE_MANAGE,
    Permission.GLOBAL_ADMINISTRATORS_MANAGE,
)
_CREATING = (Permission.PEOPLE_MANAGE, Permission.PRIVILEGED_PEOPLE_MANAGE)
_USER_ADMINISTRATOR = "User Administrator"


def can_see_people(access: Access) -> Decision:
    """May the list of everybody and the pages of people be opened?"""
    if _may_any(access, SEEING):
        return ALLOWED
    return _closed((_USER_ADMINISTRATOR, *OPENERS[Provider.DIRECTORY]))


def can_create_person(access: Access) -> Decision:
    """May somebody new be invited? They begin without any power."""
    if _may_any(access, _CREATING):
        return ALLOWED
    return _closed((_USER_ADMINISTRATOR, *MANAGERS[Provider.DIRECTORY]))


def can_make_manager(access: Access, *, manager_id: UUID | None) -> Decision:
    """May this one become somebody's manager? Managers can be approvers: nobody makes themself one."""
    if manager_id is not None and manager_id == access.user_id:
        return denied("AdminRequestRule", "You cannot make yourself somebody's manager.", "manager")
    return ALLOWED


@dataclass(frozen=True)
class PersonFacts:
    """What decides on the buttons of one person's page."""

    person_id: UUID
    power: Power
    is_enabled: bool
    is_enrolled: bool
    last_of: str = ""


@dataclass(frozen=True)
class PersonDecisions:
    """One decision for each button."""

    change: Decision
    send_link: Decision
    reset_factor: Decision
    disable: Decision
    enable: Decision


def decisions_on(access: Access, facts: PersonFacts) -> PersonDecisions:
    """What may be done to this person, a fresh second factor aside: that is asked for in the form."""
    change = can_change_person(access, facts.power, person_id=facts.person_id)
    enabled = () if facts.is_enabled else (Refusal("AccountDisabled", "This account is disabled."),)
    disabled = (Refusal("AccountEnabled", "This account is enabled."),) if facts.is_enabled else ()
    enrolled = () if facts.is_enrolled else (Refusal("NoFactor", "This person has no second factor."),)
    return PersonDecisions(
        change=change,
        send_link=Decision((*change.refusals, *enabled)),
        reset_factor=Decision((*change.refusals, *enabled, *enrolled)),
        disable=Decision((*change.refusals, *enabled, *_last_refusals(facts.last_of))),
        enable=Decision((*change.refusals, *disabled)),
    )


def _last_refusals(last_of: str) -> tuple[Refusal, ...]:
    if not last_of:
        return ()
    sentence = f"This is the last {last_of}. Add another permanent one first."
    return (Refusal("LastAdminRule", sentence),)


def _may_any(access: Access, permissions: tuple[Permission, ...]) -> bool:
    return any(access.may(permission, Provider.DIRECTORY, DIRECTORY_PATH) for permission in permissions)


def _closed(names: tuple[str, ...]) -> Decision:
    *most, last = names
    return denied(
        "PermissionRule",
        f"Your active roles do not open this page. {', '.join(most)} and {last} do. If you are eligible for "
        "one of them, activate it under My roles and come back.",
    )
