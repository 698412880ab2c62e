"""What an admin did, or reviews took, in the last days by which others may have lost their say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.access_requests.policy.gaining import LATELY
from apps.accounts.models import Principal, User
from apps.assignments.membership import people_within
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent, AuditEventQuerySet
from apps.audit.vocabulary import REVIEW, AuditAction
from apps.roles.models import Resource
from apps.roles.policy.paths import ancestor_ids

Permissions = Mapping[str, list[str]]  # as a role stores them


@dataclass(frozen=True)
class Lately:
    """`taken`: assignments that they, or any access review, ended or changed. `kept_away`: whose they were,
    and people whose account or factor was touched. `given_before`: the permissions of roles that were changed
    since. `left`: the paths from which resources were moved away."""

    taken: tuple[Assignment, ...] = ()
    kept_away: frozenset[UUID] = frozenset()
    given_before: Mapping[UUID, Permissions] = field(default_factory=dict)
    left: Sequence[str] = ()

    def undone(self, row: Assignment) -> Assignment:
        """The assignment with what its role gave before as well."""
        if row.role_id in self.given_before:
            row.role.permissions = _both(row.role.permissions, self.given_before[row.role_id])
        return row


NOTHING = Lately()


def lately_done_by(actor: User, *, now: datetime) -> Lately:
    """A review acts in its own name, whoever made it or decided in it. So what it took counts for everybody
    as if they had taken it themself."""
    recent = AuditEvent.objects.filter(at__gt=now - LATELY)
    events = recent.filter(actor_id=str(actor.id))
    given_before = _given_before(events)
    reviewed = _giving_a_say(_taken(recent.filter(actor_kind=REVIEW)), given_before)
    taken = (*_taken(events), *reviewed)
    former = people_within({row.principal_id for row in taken}, now=now)
    return Lately(
        taken=taken,
        kept_away=(_touched(events) - {actor.id}).union(*former.values()),
        given_before=given_before,
        left=places_left([actor.id], since=now - LATELY)[actor.id],
    )


def places_left(user_ids: Iterable[UUID], *, since: datetime) -> Mapping[UUID, list[str]]:
    """The paths from which each of these people moved resources away. One query."""
    moves = AuditEvent.objects.filter(action=AuditAction.RESOURCE_MOVED_AWAY, at__gt=since)
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = moves.filter(actor_id__in=[str(id_) for id_ in user_ids])
    for user_id, path in rows.values_list("actor_id", "resource_path"):
        found[UUID(user_id)].append(path)
    return found


def places_before(resource: Resource, left: Iterable[str]) -> Iterator[Resource]:
    """The resource where it lay before it, or something above it, was moved away from one of these paths."""
    for path in left:
        moved = f"{ancestor_ids(path)[-1]}/"
        _, found, below = resource.path.partition(moved)
        if found:
            before = copy(resource)
            before.path = path + below
            yield before


def _taken(events: AuditEventQuerySet) -> Iterable[Assignment]:
    taking = (AuditAction.ASSIGNMENT_ENDED, AuditAction.ASSIGNMENT_CHANGED)
    details = events.filter(action__in=taking).values_list("details", flat=True)
    ids = {each["assignment"] for each in details if "assignment" in each}
    return Assignment.objects.filter(pk__in=ids).with_names() if ids else ()


def _giving_a_say(rows: Iterable[Assignment], before: Mapping[UUID, Permissions]) -> Iterable[Assignment]:
    """Those by which somebody may have been an admin. A review can take thousands of others."""
    return (
        row
        for row in rows
        if row.role.permissions or row.role_id in before or row.resource.group_id is not None
    )


def _touched(events: AuditEventQuerySet) -> frozenset[UUID]:
    """People whose account, factor or address was changed."""
    access = Q(action__startswith="request.") | Q(action__startswith="activation.")
    rows = events.filter(target_kind=Principal.Kind.USER)
    rows = rows.exclude(access | Q(action__startswith="assignment."))
    return frozenset(UUID(id_) for id_ in rows.values_list("target_id", flat=True))


def _given_before(events: AuditEventQuerySet) -> dict[UUID, Permissions]:
    found: dict[UUID, Permissions] = {}
    for details in events.filter(action=AuditAction.ROLE_CHANGED).values_list("details", flat=True):
        if "role" in details and "permissions" in details["changes"]:
            role_id, (before, _) = UUID(details["role"]), details["changes"]["permissions"]
            found[role_id] = _both(found.get(role_id, {}), before)
    return found


def _both(one: Permissions, other: Permissions) -> Permissions:
    return {provider: [*one.get(provider, ()), *other.get(provider, ())] for provider in {*one, *other}}
