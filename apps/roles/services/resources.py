"""Small commands on resources. Who may call them is decided above."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr

from apps.accounts.models import Group
from apps.audit import services as audit
from apps.audit.vocabulary import AuditAction, Party
from apps.common.access import DIRECTORY_ID, Provider
from apps.common.errors import Conflict, Invalid
from apps.common.text import one_line
from apps.roles.models import Resource
from apps.roles.services.locks import lock_tree

_THE_TOP = Party("resource", "", "the top of the tree")


@transaction.atomic
def create_resource(
    *, actor: Party, kind: str, name: str, now: datetime, parent: Resource | None = None
) -> Resource:
    """A resource of the trees, as a root or below `parent`. Raises `Conflict` where that is retired."""
    lock_tree()
    if parent is not None:
        _look_again(parent)
    resource = add_resource(Provider.RESOURCES, kind, name, now, parent=parent)
    audit.record(AuditAction.RESOURCE_CREATED, actor=actor, at=now, place=resource.place)
    return resource


@transaction.atomic
def rename_resource(*, resource: Resource, name: str, kind: str, actor: Party, now: datetime) -> None:
    """Call it differently. Events keep the name it had."""
    lock_tree()
    _look_again(resource)
    before = resource.name, resource.kind
    resource.name, resource.kind = one_line(name), one_line(kind)
    resource.save(update_fields=["name", "kind"])
    audit.record(
        AuditAction.RESOURCE_RENAMED,
        actor=actor,
        at=now,
        target=Party("resource", str(resource.id), before[0]),
        place=resource.place,
        details={"name": [before[0], resource.name], "kind": [before[1], resource.kind]},
    )


def name_directory(name: str) -> None:
    """Call the root of the directory after its organisation: an event of its own tells of that."""
    Resource.objects.filter(pk=DIRECTORY_ID).update(name=one_line(name))


@transaction.atomic
def move_resource(*, resource: Resource, parent: Resource | None, actor: Party, now: datetime) -> None:
    """Put a resource, with all that lies below it, under `parent` or at the top. What that does to access is
    settled by whoever calls. Both places are told of in the log: whoever reads either sees it. Raises
    `Invalid` for a loop."""
    lock_tree()
    _look_again(resource)
    if parent is not None:
        _look_again(parent)
        if resource.covers(parent):
            raise Invalid("A resource cannot lie below itself.")
    left, above = resource.place, resource.parent
    path = f"{parent.path if parent else ''}{resource.id}/"
    rest = Substr("path", len(resource.path) + 1)
    Resource.objects.below(resource).update(path=Concat(Value(path), rest))
    Resource.objects.filter(pk=resource.pk).update(parent=parent)
    resource.path, resource.parent = path, parent
    for action, place, end in (
        (AuditAction.RESOURCE_MOVED_AWAY, left, above),
        (AuditAction.RESOURCE_MOVED_HERE, resource.place, parent),
    ):
        audit.record(action, actor=actor, at=now, target=_as_target(end), place=place)


@transaction.atomic
def retire_resource(*, resource: Resource, actor: Party, now: datetime) -> None:
    """Take a resource out of use. Whoever calls has locked it (`lock_resource`) and seen that nothing is held
    there, waits or lies below."""
    if not Resource.objects.in_use().filter(pk=resource.pk).update(retired_at=now):
        raise Conflict(f"{resource.name} has been retired already.")
    resource.retired_at = now
    audit.record(AuditAction.RESOURCE_RETIRED, actor=actor, at=now, place=resource.place)


def lock_resource(resource: Resource) -> None:
    """The tree, then the row itself: whoever is writing on it (`keep_in_use`) has finished then."""
    lock_tree()
    list(Resource.objects.select_for_update().filter(pk=resource.pk).values_list("pk"))
    _look_again(resource)


def add_resource(
    provider: Provider,
    kind: str,
    name: str,
    now: datetime,
    *,
    parent: Resource | None = None,
    group: Group | None = None,
) -> Resource:
    """The row alone, with its place in the tree: without an event."""
    id_ = uuid.uuid4()
    return Resource.objects.create(
        id=id_,
        provider=provider,
        kind=kind,
        name=name,
        parent=parent,
        group=group,
        path=f"{parent.path if parent else ''}{id_}/",
        created_at=now,
    )


def _look_again(resource: Resource) -> None:
    """As it is now that the tree is locked."""
    resource.refresh_from_db(fields=["name", "kind", "parent", "path", "retired_at"])
    if resource.retired_at is not None:
        raise Conflict(f"{resource.name} has been retired.")


def _as_target(resource: Resource | None) -> Party:
    return Party("resource", str(resource.id), resource.name) if resource else _THE_TOP
