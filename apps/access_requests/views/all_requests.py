"""All requests: for whoever may read those of others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from apps.access_requests.request_file import request_lines
from apps.access_requests.selectors.all_requests import Search, Tab, all_requests
from apps.access_requests.selectors.searching import Where
from apps.access_requests.services.exporting import export_requests
from apps.access_requests.views.my_roles import PROVIDERS
from apps.access_requests.web import actor_of
from apps.common.access import Permission, Provider, can_open
from apps.common.web.files import csv_file
from apps.common.web.searching import words_in
from apps.roles.web import Place, place_of


@require_safe
def everybodys(request: HttpRequest) -> HttpResponse:
    """What is open to nobody else is refused with the roles that open it."""
    can_open(request.access, Permission.REQUESTS_READ).require()
    search = _search(request.GET)
    providers = [(str(key), label) for key, label in PROVIDERS.items()]
    context = _context(request, search) | {"providers": providers, "narrows": search.narrows}
    return render(request, "access_requests/all_requests.html", context)


@require_safe
def of_place(request: HttpRequest, provider: Provider) -> HttpResponse:
    """The same about one place: a provider, or a resource of it and what lies below."""
    place = place_of(request, provider, Permission.REQUESTS_READ)
    search = _within(_search(request.GET), place)
    context = _context(request, search) | {"place": place, "narrows": bool(search.q)}
    return render(request, "access_requests/provider_requests.html", context)


@require_POST
def export_everybodys(request: HttpRequest) -> HttpResponseBase:
    """The list as a file; a POST, as it writes down who took it."""
    can_open(request.access, Permission.REQUESTS_READ).require()
    return _file(request, _search(request.POST))


@require_POST
def export_of_place(request: HttpRequest, provider: Provider) -> HttpResponseBase:
    place = place_of(request, provider, Permission.REQUESTS_READ)
    return _file(request, _within(_search(request.POST), place), Where(place.provider, place.resource))


def _file(request: HttpRequest, search: Search, where: Where | None = None) -> HttpResponseBase:
    lines = export_requests(search, where, actor=actor_of(request), now=request.now)
    return csv_file(request_lines(lines), name="requests", now=request.now)


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


def _within(search: Search, place: Place) -> Search:
    return replace(search, provider=place.provider, path=place.path)


def _search(asked: QueryDict) -> Search:
    """What the address, or the form, asks for. A tab or a provider that there is not is none."""
    tab, provider = asked.get("tab", ""), asked.get("provider", "")
    return Search(
        tab=Tab(tab) if tab in Tab.values else Tab.WAITING,
        provider=provider if provider in PROVIDERS else "",
        q=words_in(asked),
    )
