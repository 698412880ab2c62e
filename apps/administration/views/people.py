"""Users: the list of everybody, and the same as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import User
from apps.administration.people_file import people_lines
from apps.administration.policy.people import can_create_person, can_see_people
from apps.administration.selectors.people import Factor, Search, Sort, Tab, people
from apps.administration.services.people import export_people
from apps.common.web.files import csv_file
from apps.common.web.searching import words_in

_READ_AT_ONCE = 500  # people that an export holds in memory


@require_safe
def everybody(request: HttpRequest) -> HttpResponse:
    can_see_people(request.access).require()
    search = _search(request.GET)
    found = people(request.access, search, after=request.GET.get("after", ""), now=request.now)
    context = {
        "search": search,
        "found": found,
        "page": found.page,
        "tabs": [(tab.value, tab.label, found.counts[tab]) for tab in Tab],
        "types": [("", "All"), (User.Type.MEMBER.value, "Members"), (User.Type.GUEST.value, "Guests")],
        "factors": [("", "Any second factor"), *Factor.choices],
        "sorts": Sort.choices,
        "can_create": can_create_person(request.access),
    }
    return render(request, "administration/people.html", context)


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The people of the list as a file; a POST, as it writes down who took it."""
    search = _search(request.POST)
    found = export_people(actor=request.user.party, access=request.access, search=search, now=request.now)
    lines = people_lines(found.iterator(chunk_size=_READ_AT_ONCE))
    return csv_file(lines, name="users", now=request.now)


def _search(asked: QueryDict) -> Search:
    """What the address, or the form, asks for. A choice that there is not is none."""
    tab, sort, type_, factor = (asked.get(name, "") for name in ("tab", "sort", "type", "factor"))
    return Search(
        tab=Tab(tab) if tab in Tab.values else Tab.ENABLED,
        type=type_ if type_ in User.Type.values else "",
        factor=factor if factor in Factor.values else "",
        q=words_in(asked),
        sort=Sort(sort) if sort in Sort.values else Sort.NAME,
    )
