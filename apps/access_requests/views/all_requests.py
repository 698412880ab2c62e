"""All requests: for whoever may read those of others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.access_requests.selectors.all_requests import Search, Tab, all_requests
from apps.access_requests.views.my_roles import PROVIDERS
from apps.common.access import Permission, Provider, can_open
from apps.common.text import one_line
from apps.roles.web import place_of

_LONGEST_SEARCH = 100


@require_safe
def everybodys(request: HttpRequest) -> HttpResponse:
    """What is open to nobody else is refused with the roles that open it."""
    can_open(request.access, Permission.REQUESTS_READ).require()
    search = _search(request)
    providers = [(str(key), label) for key, label in PROVIDERS.items()]
    context = _context(request, search) | {"providers": providers, "narrows": search.narrows}
    return render(request, "access_requests/all_requests.html", context)


@require_safe
def of_place(request: HttpRequest, provider: Provider) -> HttpResponse:
    """The same about one place: a provider, or a resource of it and what lies below."""
    place = place_of(request, provider, Permission.REQUESTS_READ)
    search = replace(_search(request), provider=provider, path=place.path)
    context = _context(request, search) | {"place": place, "narrows": bool(search.q)}
    return render(request, "access_requests/provider_requests.html", context)


def _context(request: HttpRequest, search: Search) -> dict[str, Any]:
    found = all_requests(
        request.user, request.access, search, after=request.GET.get("after", ""), now=request.now
    )
    return {
        "search": search,
        "found": found,
        "page": found.page,
        "tabs": [(tab.value, tab.label, found.counts[tab]) for tab in Tab],
    }


def _search(request: HttpRequest) -> Search:
    """What the address asks for. A tab or a provider that there is not is none."""
    tab, provider = request.GET.get("tab", ""), request.GET.get("provider", "")
    return Search(
        tab=Tab(tab) if tab in Tab.values else Tab.WAITING,
        provider=provider if provider in PROVIDERS else "",
        q=one_line(request.GET.get("q", "")[:_LONGEST_SEARCH]),
    )
