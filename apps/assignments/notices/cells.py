"""Whom to tell: the cells of the notification matrix, and one letter for each, in their own time zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from uuid import UUID

from apps.accounts.models import User
from apps.accounts.policy import zone_of
from apps.assignments.models import Assignment
from apps.assignments.selectors import holders_of, holders_on
from apps.common.access import Provider
from apps.notifications import services as notifications
from apps.notifications.messages import Message, Recipient
from apps.roles.built_in import (
    GLOBAL_ADMINISTRATOR,
    GROUP_OWNER,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    RESOURCE_OWNER,
    SECURITY_ADMINISTRATOR,
    USER_ACCESS_ADMINISTRATOR,
)
from apps.roles.models import Resource
from apps.roles.policy.rules import Audience, Cell, NoticeCase, RoleRules

# Who "Admin" is in the notification matrix (fact sheet, section 6).
ADMIN_ROLES = {
    Provider.DIRECTORY: (GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR, SECURITY_ADMINISTRATOR),
    Provider.RESOURCES: (RESOURCE_OWNER, USER_ACCESS_ADMINISTRATOR),
    Provider.GROUPS: (GROUP_OWNER,),
}

Build = Callable[[tzinfo], Message]
Letter = tuple[Recipient, Message]


def admins_of(resource: Resource, *, now: datetime) -> Iterable[User]:
    roles = ADMIN_ROLES[Provider(resource.provider)]
    return holders_of(roles, resource, kind=Assignment.Kind.ACTIVE, now=now)


def admins_on_each(resources: Iterable[Resource], *, now: datetime) -> dict[UUID, list[User]]:
    """`admins_of` each of many, by their ids. Three queries for each provider."""
    found: dict[UUID, list[User]] = {}
    for provider, roles in ADMIN_ROLES.items():
        paths = {resource.path: resource.id for resource in resources if resource.provider == provider}
        held = holders_on(roles, paths, kind=Assignment.Kind.ACTIVE, now=now)
        found |= {paths[path]: users for path, users in held.items()}
    return found


def recipients_of(cell: Cell, people: Iterable[User]) -> Iterable[Recipient]:
    """Whom a cell names; nobody of what only informs, where it is for critical mails only."""
    if cell.critical_only:
        return
    if cell.default_recipients:
        yield from (user.recipient for user in people)
    yield from (Recipient(address) for address in cell.additional_recipients)


def tell_cells(
    rules: RoleRules,
    case: NoticeCase,
    people: Mapping[Audience, Iterable[User]],
    build: Build,
    *,
    key: str,
    now: datetime,
) -> None:
    """Tell those whom a row of the notification matrix names; `people` are the default recipients of its
    columns. These mails inform, so a cell for critical mails only leaves them out. Webhooks hear of it
    whatever the cells say."""
    written = [
        letter
        for audience, default in people.items()
        for letter in _letters_of(rules.cell(case, audience), default, build)
    ]
    notifications.notify_each(key=key, letters=written, announced=build(UTC), now=now)


def _letters_of(cell: Cell, people: Iterable[User], build: Build) -> Iterable[Letter]:
    if cell.critical_only:
        return
    if cell.default_recipients:
        yield from letters(people, build)
    for address in cell.additional_recipients:
        yield Recipient(address), build(UTC)


def letters(people: Iterable[User], build: Build) -> Iterable[Letter]:
    """One for each, the times in their own zone."""
    messages: dict[tzinfo, Message] = {}
    for user in people:
        zone = zone_of(user)
        if zone not in messages:
            messages[zone] = build(zone)
        yield user.recipient, messages[zone]


def tell(people: Iterable[User], build: Build, *, key: str, now: datetime) -> None:
    """All of them the same, and webhooks too."""
    written = letters(people, build)
    notifications.notify_each(key=key, letters=written, announced=build(UTC), now=now)
