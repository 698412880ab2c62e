"""Role settings: all roles of a place, one role, its form, its history, and what a change would do."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.access_requests.web import actor_of
from apps.administration.policy.settings_words import Tab, diff
from apps.administration.selectors.settings import (
    change_at,
    place_of_role,
    settings_detail,
)
from apps.administration.selectors.settings import (
    settings_list as list_settings,
)
from apps.administration.selectors.settings_changes import right_to_change
from apps.common.access import Permission, Provider
from apps.common.text import one_line
from apps.roles.models import Resource, RoleDefinition, SettingsChange
from apps.roles.policy.plain import from_plain
from apps.roles.web import place_of

_LONGEST_SEARCH = 100


@dataclass(frozen=True)
class Spot:
    """The role and the place that a page of settings is about."""

    role: RoleDefinition
    resource: Resource | None

    @property
    def name(self) -> str:
        return self.resource.name if self.resource else Provider(self.role.provider).label


@require_safe
def settings_list(request: HttpRequest, provider: Provider) -> HttpResponse:
    place = place_of(request, provider, Permission.SETTINGS_READ)
    q = one_line(request.GET.get("q", "")[:_LONGEST_SEARCH])
    found = list_settings(request.access, provider, place.resource, q=q, after=request.GET.get("after", ""))
    return render(request, "administration/settings.html", {"found": found, "page": found.page, "q": q})


@require_safe
def role_settings(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponse:
    """The rules by tab, with where they come from; after a change, what it changed."""
    spot = spot_of(request, provider, pk)
    detail = settings_detail(spot.role, spot.resource, now=request.now)
    context = {
        "spot": spot,
        "detail": detail,
        "tabs": [(tab, detail.lines(tab)) for tab in Tab if tab != Tab.NOTIFICATION],
        "can_change": right_to_change(spot.role, spot.resource, actor=actor_of(request), now=request.now),
        "changed": _changed(change_at(spot.role, spot.resource, _id(request.GET.get("changed", "")))),
    }
    return render(request, "administration/role_settings.html", context)


def spot_of(request: HttpRequest, provider: Provider, pk: UUID) -> Spot:
    """The role of this provider, in the place that the address names, for whoever may see settings there."""
    place = place_of(request, provider, Permission.SETTINGS_READ)
    role = get_object_or_404(RoleDefinition, provider=provider, pk=pk)
    return Spot(role, place_of_role(role, place.resource))


def _changed(change: SettingsChange | None) -> dict[str, object] | None:
    if change is None:
        return None
    return {"change": change, "differences": diff(from_plain(change.before), from_plain(change.after))}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
