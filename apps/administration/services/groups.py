"""Groups: create, change, put under management and take out again, retire; and lists of them as files. Who is
in one is a matter of the door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.access_requests.asks import Actor
from apps.access_requests.selectors.power import power_of
from apps.access_requests.services.exporting import cells_of
from apps.access_requests.services.last_one import lock_guards
from apps.accounts.models import Group
from apps.accounts.services import groups as accounts
from apps.administration.notices.groups import tell_managed
from apps.administration.policy.groups import (
    can_be_called,
    can_change,
    can_create_such,
    can_release,
    can_retire,
)
from apps.administration.selectors.groups import (
    Line,
    Part,
    Search,
    bound_by,
    in_the_way,
    is_taken,
    whole_list,
    whole_part,
)
from apps.administration.selectors.keepers import keeper_of
from apps.assignments import services as assignments
from apps.assignments.models import Assignment
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction
from apps.common.access import Permission, Provider, can_open
from apps.common.decision import Decision, together
from apps.common.errors import Invalid
from apps.common.lookup import find
from apps.common.text import one_line
from apps.roles.services import groups
from apps.roles.services.custom_roles import all_of


@transaction.atomic
def create_group(
    *,
    name: str,
    description: str,
    is_role_assignable: bool,
    is_managed: bool,
    actor: Actor,
    now: datetime,
) -> Group:
    """An empty group. Whether it can hold directory roles never changes afterwards."""
    keeper, name = keeper_of(actor, now=now), one_line(name)
    wanted = can_create_such(keeper, is_role_assignable=is_role_assignable)
    together(wanted, can_be_called(name, is_taken=is_taken(name)), keeper.proven()).require()
    return groups.create_group(
        actor=actor.party,
        name=name,
        description=description,
        is_role_assignable=is_role_assignable,
        is_managed=is_managed,
        now=now,
    )


@transaction.atomic
def change_group(group_id: UUID, *, name: str, description: str, actor: Actor, now: datetime) -> Group:
    """Another name or description."""
    group, name = _locked(group_id), one_line(name)
    named = can_be_called(name, is_taken=is_taken(name, but=group))
    together(_may_change(group, actor, now), named, keeper_of(actor, now=now).proven()).require()
    groups.change_group(group=group, name=name, description=description, actor=actor.party, now=now)
    return group


@transaction.atomic
def manage_group(group_id: UUID, *, actor: Actor, now: datetime) -> Group:
    """Put a group under management: its settings apply from now on, what is held stays as it is."""
    group = _locked(group_id)
    together(_may_change(group, actor, now), keeper_of(actor, now=now).proven()).require()
    accounts.manage_group(group=group, place=group.resource.place, actor=actor.party, now=now)
    tell_managed(group, by=actor.party, now=now)
    return group


@transaction.atomic
def release_group(group_id: UUID, *, actor: Actor, now: datetime) -> Group:
    """Take a group out of management. Refused while anything of it is eligible, ends, or waits."""
    group = _locked(group_id)
    free = can_release(bound_by(group, now=now))
    together(_may_change(group, actor, now), free, keeper_of(actor, now=now).proven()).require()
    accounts.release_group(group=group, place=group.resource.place, actor=actor.party, now=now)
    tell_managed(group, by=actor.party, now=now)
    return group


@transaction.atomic
def export_groups(search: Search, *, actor: Actor, now: datetime) -> Iterator[Line]:
    """The groups of the list, for a file. What leaves the portal is written down, with what was selected."""
    can_open(actor.access, Permission.ASSIGNMENTS_READ, Provider.GROUPS).require()
    place, details = all_of(Provider.GROUPS), search.chosen
    record(AuditAction.GROUPS_EXPORTED, actor=actor.party, at=now, place=place, details=details)
    return whole_list(actor.access, search, now=now)


@transaction.atomic
def export_part(group: Group, part: Part, *, actor: Actor, now: datetime) -> Iterator[tuple[str, ...]]:
    """Members, owners or what the group holds, with the columns that an import of assignments takes. Like any
    export of assignments it leaves activations out, and is written down."""
    rows = whole_part(group, part, actor.access, now=now)
    details = {"selection": {"group": group.name, "part": str(part)}}
    record(
        AuditAction.ASSIGNMENTS_EXPORTED,
        actor=actor.party,
        at=now,
        place=group.resource.place,
        details=details,
    )
    return cells_of(rows)


@transaction.atomic
def retire_group(group_id: UUID, *, actor: Actor, now: datetime) -> Group:
    """Take a group out of use for good; the history keeps it. Refused while anybody but its owners is in it,
    and while it holds, approves or waits for anything."""
    group = _locked(group_id)
    free = can_retire(in_the_way(group, now=now))
    together(_may_change(group, actor, now), free, keeper_of(actor, now=now).proven()).require()
    owners = Assignment.objects.filter(resource=group.resource, origin=Assignment.Origin.ASSIGNED)
    for row in owners.not_ended(now).with_names().order_by("principal_id"):
        assignments.lock_principal(row.principal_id)
        assignments.end(row, how=Assignment.End.REMOVED, by=actor.party, now=now)
    groups.retire_group(group=group, actor=actor.party, now=now)
    return group


def _locked(id_: UUID) -> Group:
    """As long as this lasts nobody gives anything: what is held on the group, and its power, stay as they are
    judged."""
    if find(Group.objects.in_use(), id_) is None:
        raise Invalid("There is no such group.")
    lock_guards()
    assignments.lock_principal(id_)
    return Group.objects.select_related("resource").get(pk=id_)


def _may_change(group: Group, actor: Actor, now: datetime) -> Decision:
    power = power_of(group.pk, now=now)
    return can_change(keeper_of(actor, now=now), power, path=group.resource.path)
