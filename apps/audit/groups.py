"""The events in groups, as the filter of the log offers them: one kind of event, or all of a group."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import TextChoices

from apps.audit.vocabulary import AuditAction


class EventGroup(TextChoices):
    """The values have no dot, so that none is mistaken for an event."""

    ACTIVATION = "activation", "Activation"
    ASSIGNMENT = "assignment", "Assignment"
    REQUESTS = "requests", "Requests"
    REVIEWS = "reviews", "Access reviews"
    ALERTS = "alerts", "Alerts"
    SETTINGS = "settings", "Role settings"
    ROLES = "roles", "Roles"
    GROUPS = "groups", "Groups"
    RESOURCES = "resources", "Resources"
    USERS = "users", "Users"
    SIGN_IN = "sign_in", "Sign-in and second factor"
    IMPORTS = "imports", "Imports"
    EXPORTS = "exports", "Exports"
    NOTICES = "notices", "Notices and webhooks"
    LOG = "log", "Audit log"
    INSTALLATION = "installation", "Installation"


# By the subject of an action, what stands before its dot.
_GROUPS = {
    "activation": EventGroup.ACTIVATION,
    "assignment": EventGroup.ASSIGNMENT,
    "request": EventGroup.REQUESTS,
    "review": EventGroup.REVIEWS,
    "review_round": EventGroup.REVIEWS,
    "review_line": EventGroup.REVIEWS,
    "alert": EventGroup.ALERTS,
    "alerts": EventGroup.ALERTS,
    "alert_settings": EventGroup.ALERTS,
    "alert_finding": EventGroup.ALERTS,
    "settings": EventGroup.SETTINGS,
    "role": EventGroup.ROLES,
    "group": EventGroup.GROUPS,
    "resource": EventGroup.RESOURCES,
    "person": EventGroup.USERS,
    "account_link": EventGroup.USERS,
    "admin": EventGroup.USERS,
    "session": EventGroup.SIGN_IN,
    "password": EventGroup.SIGN_IN,
    "factor": EventGroup.SIGN_IN,
    "factors": EventGroup.SIGN_IN,
    "enrolment_code": EventGroup.SIGN_IN,
    "recovery_code": EventGroup.SIGN_IN,
    "recovery_codes": EventGroup.SIGN_IN,
    "job": EventGroup.IMPORTS,
    "notice": EventGroup.NOTICES,
    "mail": EventGroup.NOTICES,
    "webhook": EventGroup.NOTICES,
    "audit": EventGroup.LOG,
    "installation": EventGroup.INSTALLATION,
    "organisation": EventGroup.INSTALLATION,
}


def group_of(action: AuditAction) -> EventGroup:
    """What leaves the portal is one group, whatever it is about."""
    subject, verb = action.split(".")
    return EventGroup.EXPORTS if verb == "exported" else _GROUPS[subject]


def actions_in(choice: str) -> list[AuditAction]:
    """The events that a choice of the filter stands for: that one, or those of its group."""
    if choice in EventGroup.values:
        return [action for action in AuditAction if group_of(action) == choice]
    return [AuditAction(choice)]


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The groups with their events by name, in front of each all of it."""
    found: dict[EventGroup, list[tuple[str, str]]] = defaultdict(list)
    for action in sorted(AuditAction, key=lambda action: action.label):
        found[group_of(action)].append((action.value, action.label))
    return [
        (group.label, [(group.value, f"{group.label}: all"), *found[group]])
        for group in EventGroup
        if found[group]
    ]
