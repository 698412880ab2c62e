"""Whom to tell: the cells of the notification matrix, and one letter for each, in their own time zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from uuid import UUID

from django.db.models import Q

from apps.accounts.models import User
from apps.assignments.membership import EVERY_ROW
from apps.assignments.models import Assignment
from apps.assignments.selectors import held_as, holders_on
from apps.common.access import Provider
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent, Recipient
from apps.notifications.services import Letter
from apps.notifications.webhooks.announcing import announce_many
from apps.roles.built_in import (
    GLOBAL_ADMINISTRATOR,
    GROUP_OWNER,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    RESOURCE_OWNER,
    SECURITY_ADMINISTRATOR,
    USER_ACCESS_ADMINISTRATOR,
)
from apps.roles.models import Resource
from apps.roles.policy.rules import APPROVERS_ONLY, Audience, NoticeCase, RoleRules

# ---- Who "Admin" is ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Admins:
    """Who is meant by "Admin" in the notification matrix: whoever holds one of these roles actively (`among`:
    by such rows only), or is eligible for one of those."""

    active: tuple[UUID, ...]
    eligible: tuple[UUID, ...] = ()
    among: Q = EVERY_ROW


# Entra behaviour: of groups the permanent owners alone, of resources also who may become their owner.
ADMINS = {
    Provider.DIRECTORY: Admins((GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR, SECURITY_ADMINISTRATOR)),
    Provider.RESOURCES: Admins((RESOURCE_OWNER, USER_ACCESS_ADMINISTRATOR), eligible=(RESOURCE_OWNER,)),
    Provider.GROUPS: Admins((GROUP_OWNER,), among=Q(ends_at__isnull=True)),
}


def admins_of(resource: Resource, *, now: datetime) -> list[User]:
    return admins_at(Provider(resource.provider), [resource.path], now=now)[resource.path]


def admins_on_each(resources: Iterable[Resource], *, now: datetime) -> dict[UUID, list[User]]:
    """`admins_of` each of many, by their ids. A fixed number of queries."""
    found: dict[UUID, list[User]] = {}
    for provider in ADMINS:
        paths = {resource.path: resource.id for resource in resources if resource.provider == provider}
        found |= {paths[path]: users for path, users in admins_at(provider, paths, now=now).items()}
    return found


def admins_at(provider: Provider, paths: Iterable[str], *, now: datetime) -> dict[str, list[User]]:
    """By the path of the resource. One query, and at most two more where groups are admins."""
    meant, kinds = ADMINS[provider], Assignment.Kind
    what = held_as(kinds.ACTIVE, meant.active) | held_as(kinds.ELIGIBLE, meant.eligible)
    one_of = Q(role_id__in={*meant.active, *meant.eligible})  # an index is not found by an OR
    return holders_on(one_of & what, paths, among=meant.among, now=now)


# ---- Whom a cell names -------------------------------------------------------------------------------------


def told_by(
    rules: RoleRules, case: NoticeCase, audience: Audience, people: Iterable[User]
) -> list[Recipient]:
    """THE one place that says who gets a mail that a cell of the matrix is about; `people` are its default
    recipients. What approvers get asks for an answer, so that "critical only" leaves it; all else informs."""
    cell = rules.cell(case, audience)
    if cell.critical_only and audience != Audience.APPROVER:
        return []
    told = [user.recipient for user in people] if cell.default_recipients else []
    if (case, audience) != APPROVERS_ONLY:
        told += map(Recipient, cell.additional_recipients)
    return told


def case_of(row: Assignment) -> NoticeCase:
    """The row of the matrix that is about what happens to this assignment."""
    if row.is_activated:
        return NoticeCase.ACTIVATION
    return NoticeCase.ACTIVE if row.kind == Assignment.Kind.ACTIVE else NoticeCase.ELIGIBLE


# ---- In their own time zone --------------------------------------------------------------------------------

Build = Callable[[tzinfo], Message]
Told = Mapping[Audience, tuple[Iterable[User], Build]]  # the default recipients of each column, and its words


def letters(recipients: Iterable[Recipient], build: Build) -> list[Letter]:
    """One for each, the times in their own zone."""
    recipients = list(recipients)
    messages = {zone: build(zone) for zone in {each.zone for each in recipients}}
    return [(each, messages[each.zone]) for each in recipients]


def tell(
    event: NoticeEvent, recipients: Iterable[Recipient], build: Build, *, key: str, now: datetime
) -> None:
    """All of them the same, and webhooks too."""
    notifications.notify_many({key: letters(recipients, build)}, now=now)
    announce_many(event, {key: lambda: build(UTC)}, now=now)


def tell_cells(
    rules: RoleRules,
    case: NoticeCase,
    told: Told,
    *,
    key: str,
    announced: Message | None,
    but: Iterable[Recipient] = (),
    now: datetime,
) -> None:
    """Tell those whom a row of the matrix names, but for whoever knows already (`but`). Webhooks hear of it
    whatever the cells say."""
    known = {recipient.address.lower() for recipient in but}
    written = [
        letter for letter in letters_of_cells(rules, case, told) if letter[0].address.lower() not in known
    ]
    notifications.notify_each(key=key, letters=written, announced=announced, now=now)


def letters_of_cells(rules: RoleRules, case: NoticeCase, told: Told) -> list[Letter]:
    """To those whom a row of the matrix names, each column in its own words. Who stands in several is told
    the first."""
    return [
        letter
        for audience, (people, build) in told.items()
        for letter in letters(told_by(rules, case, audience, people), build)
    ]
