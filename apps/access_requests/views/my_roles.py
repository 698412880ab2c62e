"""My roles: the three lists, and giving a role back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.access_requests.asks import Ask
from apps.access_requests.selectors import my_roles as selectors
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.access_requests.web import actor_of, my_roles_of
from apps.accounts.policy import zone_of
from apps.assignments.models import Assignment
from apps.assignments.selectors import counted_expired
from apps.common.access import Provider
from apps.common.instants import clock_time
from apps.common.web.counting import counts_of
from apps.common.web.searching import words_in

TABS = {"eligible": "Eligible assignments", "active": "Active assignments", "expired": "Expired assignments"}
PROVIDERS = {
    "": "All",
    Provider.DIRECTORY: "Directory",
    Provider.GROUPS: "Groups",
    Provider.RESOURCES: "Resources",
}


@require_safe
def my_roles(request: HttpRequest) -> HttpResponse:
    """One list over all three providers, in three tabs."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "eligible"
    provider = request.GET.get("provider", "")
    provider = provider if provider in PROVIDERS else ""
    q = words_in(request.GET)
    count_expired = counts_of(request).of(counted_expired(request.user, now=request.now))
    mine = my_roles_of(request)
    rows = getattr(mine, tab)
    counts = {
        "eligible": len(request.holdings.eligible),
        "active": len(request.holdings.active),
        "expired": count_expired(),
    }
    context = {
        "tab": tab,
        "tabs": [(key, label, counts[key]) for key, label in TABS.items()],
        "provider": provider,
        "providers": _providers(rows, q),
        "q": q,
        "rows": selectors.matching(rows, provider=provider, q=q),
        "active_now": mine.activated,
    }
    return render(request, "access_requests/my_roles.html", context)


@require_POST
def deactivate(request: HttpRequest, pk: UUID) -> HttpResponse:
    get_object_or_404(Assignment, pk=pk, principal_id=request.user.id)
    ask = Ask(Action.SELF_DEACTIVATE, assignment_id=pk)
    ended = submit(ask, actor=actor_of(request), now=request.now)
    at = clock_time(request.now, zone_of(request.user))
    messages.success(request, f"{ended.role.name} on {ended.resource.name} ended at {at}.")
    return redirect("access_requests:my_roles")


def _providers(rows: list[Any], q: str) -> list[tuple[str, str, int]]:
    return [
        (str(key), label, len(selectors.matching(rows, provider=key, q=q)))
        for key, label in PROVIDERS.items()
    ]
