"""Resources of the trees: create, rename, move, retire. Each is judged under the lock of the tree."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.access_requests.asks import Actor
from apps.access_requests.models import AccessRequest
from apps.access_requests.services.settling import settle_locked
from apps.administration.policy.resources import (
    can_be_called,
    can_create,
    can_move,
    can_rename,
    can_retire,
)
from apps.administration.selectors.keepers import keeper_of
from apps.administration.selectors.moving import Move, gained_by, move_of, unapproved_by
from apps.administration.selectors.resources import found_resources, in_the_way, names_beside, node_of
from apps.administration.services.moved_settings import note_moved_settings
from apps.assignments import services as assignments
from apps.assignments.models import Assignment
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party, Place
from apps.common.access import Access, Permission, Provider, can_open
from apps.common.decision import Decision, together
from apps.common.errors import Conflict, Invalid
from apps.common.lookup import find
from apps.common.text import one_line
from apps.roles.models import Resource, ResourceQuerySet
from apps.roles.services import resources
from apps.roles.services.locks import lock_tree


@transaction.atomic
def create_resource(*, parent_id: UUID | None, name: str, kind: str, actor: Actor, now: datetime) -> Resource:
    """One more resource, below another or at the top."""
    lock_tree()
    parent = _one(parent_id) if parent_id else None
    keeper = keeper_of(actor, now=now)
    name, kind = one_line(name), one_line(kind)
    can_create(keeper, below=node_of(parent)).require()  # whoever may not learns no names from there
    called = can_be_called(name, kind, taken=names_beside(parent))
    together(called, keeper.proven()).require()
    return resources.create_resource(actor=actor.party, kind=kind, name=name, parent=parent, now=now)


@transaction.atomic
def rename_resource(resource_id: UUID, *, name: str, kind: str, actor: Actor, now: datetime) -> Resource:
    """Another name, or another word for what it is. Nothing that is held there changes."""
    lock_tree()
    resource = _one(resource_id)
    keeper = keeper_of(actor, now=now)
    name, kind = one_line(name), one_line(kind)
    called = can_be_called(name, kind, taken=names_beside(resource.parent, but=resource))
    together(can_rename(keeper, node_of(resource)), called, keeper.proven()).require()
    resources.rename_resource(resource=resource, name=name, kind=kind, actor=actor.party, now=now)
    return resource


def assess_move(move: Move, *, actor: Actor, now: datetime) -> Decision:
    """May this actor make this move? The second factor aside, which the form asks for."""
    gains = gained_by(actor.user.pk, move, now=now) if actor.user else set()
    return can_move(
        keeper_of(actor, now=now),
        node_of(move.resource),
        away_from=node_of(move.resource.parent),
        to=node_of(move.parent),
        mover_gains=gains,
        unapproved=unapproved_by(move, now=now),
    )


@transaction.atomic
def move_resource(
    resource_id: UUID, *, parent_id: UUID | None, seen: str, actor: Actor, now: datetime
) -> Resource:
    """Put a resource with all below it elsewhere. `seen` is the digest of what the actor was shown: raises
    `Conflict` where that has changed meanwhile. What was activated from what no longer lies above ends, and
    what waits for that is closed, in this transaction."""
    lock_tree()
    resource, parent = _one(resource_id), _one(parent_id) if parent_id else None
    move = move_of(resource, parent, now=now)
    together(assess_move(move, actor=actor, now=now), keeper_of(actor, now=now).proven()).require()
    if move.digest != seen:
        raise Conflict("What this move would do has changed meanwhile. Look at it again.")
    busy = _busy_below(resource, now)
    for id_ in busy:
        assignments.lock_principal(id_)
    resources.move_resource(resource=resource, parent=parent, actor=actor.party, now=now)
    note_moved_settings(move.settings, actor=actor, now=now)
    reason = f"{actor.party.name} moved {resource.name}."
    for id_ in busy:
        settle_locked(principal_id=id_, by=actor.party, reason=reason, now=now)
    return resource


@transaction.atomic
def retire_resource(resource_id: UUID, *, actor: Actor, now: datetime) -> Resource:
    """Take a resource out of use for good; the history keeps it. Refused while anything is held there."""
    resource = _one(resource_id)
    resources.lock_resource(resource)
    keeper = keeper_of(actor, now=now)
    found = in_the_way(resource, now=now)
    together(can_retire(keeper, node_of(resource), found), keeper.proven()).require()
    resources.retire_resource(resource=resource, actor=actor.party, now=now)
    return resource


@transaction.atomic
def export_resources(*, actor: Party, access: Access, q: str, now: datetime) -> ResourceQuerySet:
    """The resources of the list, for a file. What leaves the portal is written down, with what was sought."""
    place = Place(Provider.RESOURCES, "", "")
    can_open(access, Permission.ASSIGNMENTS_READ, Provider.RESOURCES).require()
    record(AuditAction.RESOURCES_EXPORTED, actor=actor, at=now, place=place, details={"q": q} if q else {})
    return found_resources(access, q)


def _one(id_: UUID) -> Resource:
    rows = Resource.objects.in_use().filter(provider=Provider.RESOURCES).select_related("parent")
    resource = find(rows, id_)
    if resource is None:
        raise Invalid("There is no such resource.")
    return resource


def _busy_below(resource: Resource, now: datetime) -> list[UUID]:
    """Whoever has activated something below from what lies above, or asks to; in the order of locks."""
    inside = Q(resource__path__startswith=resource.path)
    running = Assignment.objects.activated().not_ended(now).filter(inside)
    asking = AccessRequest.objects.open().filter(inside, eligible__isnull=False)
    ids = {
        *running.exclude(parent__resource__path__startswith=resource.path).values_list(
            "principal_id", flat=True
        ),
        *asking.exclude(eligible__resource__path__startswith=resource.path).values_list(
            "principal_id", flat=True
        ),
    }
    return sorted(ids)
