"""Assignments of a place: the list, and the list as a file."""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from apps.access_requests.policy.changing import Change, can_export, offered
from apps.access_requests.selectors.assignments import assignments_of
from apps.access_requests.selectors.searching import (
    STATES,
    Ending,
    Holder,
    Reach,
    Search,
    Sort,
    Start,
    State,
    Tab,
    Where,
)
from apps.access_requests.services.exporting import COLUMNS, export_assignments
from apps.access_requests.web import actor_of
from apps.assignments.models import Assignment
from apps.common.access import Permission, Provider
from apps.common.csv import csv_lines
from apps.common.lookup import as_id
from apps.common.web.counting import counts_of
from apps.common.web.files import csv_file
from apps.common.web.searching import words_in
from apps.roles.web import place_of

_Choice = TypeVar("_Choice", bound=TextChoices)


@require_safe
def assignments(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Who holds what at one place, in three tabs."""
    place = place_of(request, provider, Permission.ASSIGNMENTS_READ)
    search = _search(request.GET)
    where = Where(place.provider, place.resource)
    found = assignments_of(
        where,
        request.access,
        search,
        counts_of(request),
        after=request.GET.get("after", ""),
        now=request.now,
    )
    context = {
        "place": place,
        "search": search,
        "found": found,
        "page": found.page,
        "tabs": [(tab.value, tab.label, found.counts[tab]) for tab in Tab],
        "holders": Holder.choices,
        "endings": Ending.choices,
        "starts": Start.choices,
        "reaches": Reach.choices if place.path and place.provider == Provider.RESOURCES else (),
        "states": [(state.value, state.label) for state in STATES.get(search.tab, ())],
        "can_export": can_export(activated_only=search.state == State.ACTIVATED),
        "sorts": Sort,
        "changes": [(change, _page_of(change)) for change in _changes(search.tab)],
        "ways_to_change": _ways_to_change(request),
        "links_people": request.access.may_in(Permission.ASSIGNMENTS_READ, Provider.DIRECTORY),
        "shows_scope": place.provider != Provider.DIRECTORY and (place.resource is None or search.reach),
        "can_manage": place.can_open(request.access, Permission.ASSIGNMENTS_MANAGE),
    }
    return render(request, "access_requests/assignments.html", context)


@require_POST
def export(request: HttpRequest, provider: Provider) -> HttpResponseBase:
    """What the list shows, of every page; a POST, as it writes down who took it."""
    place = place_of(request, provider, Permission.ASSIGNMENTS_READ)
    rows = export_assignments(
        Where(place.provider, place.resource), _search(request.POST), actor=actor_of(request), now=request.now
    )
    return csv_file(csv_lines(COLUMNS, rows), name="assignments", now=request.now)


def _changes(tab: Tab) -> tuple[Change, ...]:
    """What can be done with the ticked rows of a tab."""
    kind = Assignment.Kind.ACTIVE if tab == Tab.ACTIVE else Assignment.Kind.ELIGIBLE
    return offered(kind, has_ended=tab == Tab.EXPIRED)


def _ways_to_change(request: HttpRequest) -> dict[Change, str]:
    """Where each change of one assignment begins, up to its id; worked out once for all lines."""
    back = urlencode({"next": request.get_full_path()})
    return {change: f"{_page_of(change)}?{back}&pick=" for change in Change}


@cache
def _page_of(change: Change) -> str:
    return reverse("access_requests:change_assignments", args=[change])


def _search(asked: QueryDict) -> Search:
    """What the address asks for. A choice that there is not is none."""
    tab = _choice(Tab, asked.get("tab", "")) or Tab.ELIGIBLE
    state = _choice(State, asked.get("state", ""))
    return Search(
        tab=tab,
        state=state if state in STATES.get(tab, ()) else None,
        q=words_in(asked),
        role=as_id(asked.get("role", "")),
        holder=_choice(Holder, asked.get("holder", "")),
        ending=_choice(Ending, asked.get("ending", "")),
        start=_choice(Start, asked.get("start", "")),
        reach=_choice(Reach, asked.get("reach", "")),
        sort=_choice(Sort, asked.get("sort", "")),
    )


def _choice(choices: type[_Choice], value: str) -> _Choice | None:
    return choices(value) if value in choices.values else None
