"""Taking everything from a person at once: what is active, what they may activate, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from apps.access_requests import notices
from apps.access_requests.asks import Actor, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.services.assigning import remove
from apps.access_requests.services.last_one import lock_guards
from apps.access_requests.services.settling import settle_holder
from apps.access_requests.services.withdrawing import cancel
from apps.access_requests.states import OPEN, Action
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.common.commands import command
from apps.common.errors import DomainError


@dataclass(frozen=True)
class Revoked:
    """What became of one thing that a person had: a row, or a request. `error` says why it stays."""

    assignment: Assignment | None = None
    request: AccessRequest | None = None
    error: DomainError | None = None


def to_revoke(person: User, *, now: datetime) -> tuple[list[Assignment], list[AccessRequest]]:
    """What is to be taken from this person: their own rows that have not ended, activations last, because
    most end with what they rest on; and what they have asked for and is open. What they hold through a group
    ends with their membership."""
    rows = Assignment.objects.not_ended(now).filter(principal=person.principal).with_names()
    asked = AccessRequest.objects.open().filter(Q(principal=person.principal) | Q(requester=person))
    requests = list(asked.with_names().order_by("created_at", "id"))
    states = states_now(requests, now=now)
    ordered = rows.order_by("-origin", "role__name", "resource__name", "id")
    return list(ordered), [request for request in requests if states[request.id] in OPEN]


@command()
def revoke_all(person: User, *, actor: Actor, said: Said, now: datetime) -> list[Revoked]:
    """Take all that this actor may take, in one step. The answers say what went, and what stays and why, such
    as the last administrator, or what lies where the actor manages nothing. The person is told once."""
    lock_guards()
    settle_holder(principal_id=person.id, now=now)
    rows, requests = to_revoke(person, now=now)
    withdrawn = [_cancel(request, actor, said, now) for request in requests]
    removed = [_remove(row, actor, said, now) for row in rows]
    notices.tell_revoked(
        person,
        [each.assignment for each in removed if each.assignment and not each.error],
        [each.request for each in withdrawn if each.request and not each.error],
        by=actor.party,
        reason=said.justification,
        now=now,
    )
    return [*withdrawn, *removed]


def _cancel(request: AccessRequest, actor: Actor, said: Said, now: datetime) -> Revoked:
    try:
        done = cancel(request.id, actor=actor, now=now, justification=said.justification)
    except DomainError as error:
        return Revoked(request=request, error=error)
    return Revoked(request=done)


def _remove(row: Assignment, actor: Actor, said: Said, now: datetime) -> Revoked:
    if not Assignment.objects.not_ended(now).filter(pk=row.pk).exists():
        return Revoked(assignment=row)  # it has ended with what it rested on
    try:
        remove(
            Ask(Action.ADMIN_REMOVE, assignment_id=row.id, said=said, batch_id=row.principal_id),
            actor=actor,
            now=now,
        )
    except DomainError as error:
        return Revoked(assignment=row, error=error)
    return Revoked(assignment=row)
