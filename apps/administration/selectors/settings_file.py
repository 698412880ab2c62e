"""Which role settings somebody may read as a file, and what the names in a file mean to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from apps.access_requests.asks import Actor
from apps.accounts.models import Group, User
from apps.accounts.selectors import users_by_email
from apps.administration.policy.settings_file import Block, applied
from apps.administration.policy.settings_names import (
    Labels,
    Lookup,
    Names,
    Target,
    named_block,
    paths_of_names,
)
from apps.administration.policy.settings_reading import read_settings
from apps.administration.selectors.settings_changes import Change, assess_changes
from apps.administration.selectors.settings_plan import refusals_of
from apps.common.access import Access, Permission, Provider, everywhere
from apps.common.strict_yaml import Fault
from apps.roles.models import Resource, RoleDefinition, RoleSettings
from apps.roles.selectors import as_rules, settings_at_many

_SEATS = ("approvers__principal", "cells")


def settings_as_blocks(access: Access) -> list[Block]:
    """All settings that this access reads, each with every rule, in the order of the menu. Eight queries,
    however many."""
    rows = sorted(_readable_settings(access), key=_by_provider_and_name)
    rules = {row.id: as_rules(row) for row in rows}
    seats = [seat for row in rows for seat in rules[row.id].approvers if seat.principal_id]
    people = {seat.named_id for seat in seats if not seat.is_group}
    names = Names(
        roles=_roles(access),
        resources=_resources(access),
        people=_addresses(User.objects.filter(pk__in=people)),
        groups=_groups(),
    )
    return [
        named_block(
            names,
            rules[row.id],
            provider=Provider(row.role.provider),
            role_id=row.role_id,
            resource_id=row.resource_id,
        )
        for row in rows
    ]


class WrongFile(Exception):
    """The file cannot be used: every fault, by line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__(" ".join(fault.text for fault in self.faults))


def changes_in(data: bytes, *, actor: Actor, now: datetime) -> list[Change]:
    """What the file wants. Raises `WrongFile` with everything that speaks against it: how it is written, what
    it names, and each change that is refused, at the line that would put it right."""
    file = read_settings(data)
    lookup = Lookup(names_in(file.blocks, actor.access))
    targets = lookup.targets(file.blocks)
    if file.faults or lookup.faults:
        raise WrongFile([*file.faults, *lookup.faults])
    changes = changes_of(targets)
    assessed = assess_changes(changes, actor=actor, now=now)
    refused = [
        Fault(target.block.line_of(refusal.field), refusal.reason)
        for target, each in zip(targets, assessed, strict=True)
        if not (each.is_same and _reads(actor.access, each.change))
        for refusal in refusals_of(each)
    ]
    if refused:
        raise WrongFile(refused)
    return changes


def _reads(access: Access, change: Change) -> bool:
    """Whether somebody may know that a file says what is set there."""
    provider = Provider(change.role.provider)
    return access.may(Permission.SETTINGS_READ, provider, change.path or everywhere(provider))


def names_in(blocks: Sequence[Block], access: Access) -> Names:
    """What the blocks may name. Roles where this access holds anything, and resources as far as it reads
    settings there: others do not exist."""
    addresses = {seat.text for block in blocks for seat in block.approvers or () if seat.kind == "person"}
    people = users_by_email(addresses).values()
    return Names(
        roles=_roles(access),
        resources=_resources(access),
        people=_addresses(people),
        groups=_groups(),
        called={person.pk: person.name for person in people},
    )


def _readable_settings(access: Access) -> list[RoleSettings]:
    here = Q(resource__in=Resource.objects.in_use().visible_to(access, Permission.SETTINGS_READ))
    wherever = Q(resource__isnull=True, role__provider__in=_read_throughout(access))
    rows = RoleSettings.objects.filter(here | wherever, role__retired_at__isnull=True)
    return list(rows.select_related("role", "resource").prefetch_related(*_SEATS))


def _read_throughout(access: Access) -> list[str]:
    """The providers whose settings this access reads wherever roles are held."""
    return [
        provider.value
        for provider in Provider
        if access.may(Permission.SETTINGS_READ, provider, everywhere(provider))
    ]


def _by_provider_and_name(row: RoleSettings) -> tuple[int, str, str, str]:
    order = [*Provider].index(Provider(row.role.provider))
    return order, row.role.name, row.resource.name if row.resource else "", str(row.resource_id or "")


def _roles(access: Access) -> dict[Provider, Labels]:
    known = RoleDefinition.objects.in_use().filter(provider__in=access.providers)
    rows = list(known.values_list("provider", "id", "name"))
    return {
        provider: Labels({id_: name for of, id_, name in rows if of == provider}) for provider in Provider
    }


def _resources(access: Access) -> dict[Provider, Labels]:
    visible = Resource.objects.in_use().visible_to(access, Permission.SETTINGS_READ)
    rows = list(visible.values_list("provider", "id", "name", "path"))
    return {
        provider: Labels(paths_of_names((id_, name, path) for of, id_, name, path in rows if of == provider))
        for provider in Provider
    }


def _addresses(people: Iterable[User]) -> Labels:
    return Labels({person.pk: person.email for person in people})


def _groups() -> Labels:
    return Labels(dict(Group.objects.in_use().values_list("pk", "name")))


def changes_of(targets: Sequence[Target]) -> list[Change]:
    """What the file wants, in its order: what it leaves out is as it is now, own or inherited."""
    roles = RoleDefinition.objects.in_bulk([target.role_id for target in targets])
    resources = Resource.objects.in_bulk([target.resource_id for target in targets if target.resource_id])
    places = [
        (roles[target.role_id], resources[target.resource_id] if target.resource_id else None)
        for target in targets
    ]
    present = settings_at_many(places)
    return [
        Change(role, resource, applied(target.block, present[target.key].rules, target.approvers))
        for target, (role, resource) in zip(targets, places, strict=True)
    ]
