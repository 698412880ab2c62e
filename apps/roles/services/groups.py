"""Groups, each with the resource on which its Member and Owner are held. Who may call is decided above."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import Group
from apps.accounts.services import groups, people
from apps.audit.vocabulary import Party
from apps.common.access import Provider
from apps.roles.models import Resource
from apps.roles.selectors import resource_of
from apps.roles.services.resources import add_resource


@transaction.atomic
def create_group(*, actor: Party, name: str, now: datetime, **facts: Any) -> Group:
    """A group, with the resource on which its Member and Owner are held."""
    group = people.create_group(name=name, actor=actor, now=now, **facts)
    add_resource(Provider.GROUPS, "Group", group.name, now, group=group)
    return group


@transaction.atomic
def change_group(*, group: Group, name: str, description: str, actor: Party, now: datetime) -> None:
    """Another name or description, of its resource as well."""
    place = resource_of(group).place
    groups.change_group(group=group, name=name, description=description, place=place, actor=actor, now=now)
    Resource.objects.filter(group=group).update(name=group.name)


@transaction.atomic
def retire_group(*, group: Group, actor: Party, now: datetime) -> None:
    """Take a group out of use, as a holder and as a place. Whoever calls has seen that nobody is in it and
    that it holds nothing."""
    place = resource_of(group)
    list(Resource.objects.select_for_update().filter(pk=place.pk).values_list("pk"))
    Resource.objects.filter(pk=place.pk).update(retired_at=now)
    groups.retire_group(group=group, place=place.place, actor=actor, now=now)
