"""What the pages of higher apps use of roles: the place that a page is about."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils.http import urlencode

from apps.common.access import Access, Permission, Provider, can_open
from apps.common.decision import Decision
from apps.common.lookup import as_id
from apps.roles.models import Resource


@dataclass(frozen=True)
class Place:
    """Where an administrator stands: all of one provider, or one resource of it and what lies below.

    `above` are the resources on the way to it, root first, as far as its reader may see them.
    """

    provider: Provider
    resource: Resource | None = None
    above: tuple[Resource, ...] = ()

    @property
    def path(self) -> str:
        """Empty for all of the provider."""
        return self.resource.path if self.resource else ""

    @property
    def name(self) -> str:
        return self.resource.name if self.resource else self.provider.label

    @property
    def query(self) -> str:
        """What stands behind the address of a page to make it about this place."""
        return f"?{urlencode({'on': self.resource.pk})}" if self.resource else ""

    def can_open(self, access: Access, permission: Permission) -> Decision:
        return can_open(access, permission, self.provider, self.path)

    def may(self, access: Access, permission: Permission) -> bool:
        return bool(self.can_open(access, permission))


def place_of(request: HttpRequest, provider: Provider, permission: Permission) -> Place:
    """The place that the address names with `on`, for whoever has this permission there; it is noted on the
    request, for the frame around the page. Raises `Http404` for what the visitor does not see, `NotAllowed`
    where they see it and lack the permission."""
    return place_on(request, provider, request.GET.get("on") or request.POST.get("on"), permission)


def stand_in(request: HttpRequest, provider: Provider) -> None:
    """Note for the frame that a page belongs to a provider, whoever may open how much of it."""
    request.place = Place(provider)


def place_on(
    request: HttpRequest, provider: Provider, resource_id: UUID | str | None, permission: Permission
) -> Place:
    """`place_of` the resource with this id; without one, of all the provider."""
    place = Place(provider)
    if resource_id:
        place = _stand_on(request.access, provider, resource_id)
    place.can_open(request.access, permission).require()
    request.place = place
    return place


def _stand_on(access: Access, provider: Provider, resource_id: UUID | str) -> Place:
    resource = Resource.objects.filter(provider=provider, pk=as_id(str(resource_id))).first()
    if resource is None or not access.sees(provider, resource.path):
        raise Http404
    *ids, _ = resource.ancestor_ids
    rows = Resource.objects.in_bulk(ids) if ids else {}
    above = (rows[id_] for id_ in ids if id_ in rows)
    return Place(provider, resource, tuple(row for row in above if access.sees(provider, row.path)))
