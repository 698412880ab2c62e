"""Overviews: of everything, and of one provider or a resource of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from apps.access_requests.selectors.overview import Held, RoleHeld, Waits
from apps.accounts.models import Principal
from apps.alerts.policy.terms import Severity
from apps.assignments.roll_ups.counting import day_of
from apps.assignments.roll_ups.reading import Counted
from apps.common.access import Permission, Provider, can_open
from apps.common.charts import Part, Share, share_bars
from apps.common.instants import day_and_month
from apps.common.spans import roughly
from apps.common.web.searching import words_in
from apps.portal.overview import Overview, Scope, activations_of, overview_of
from apps.portal.pictures import described, picture_of_activations, picture_of_hours
from apps.roles.web import Place, place_of

PERIODS = (7, 30, 90)
USUAL_PERIOD = 30
_HOLDERS = {Principal.Kind.USER: ("Users", "people"), Principal.Kind.GROUP: ("Groups", "groups")}


@dataclass(frozen=True)
class Lists:
    """The lists that an overview leads to. Each shows the rows that a number here counts."""

    place: Place | None

    def assignments(self, provider: str, **search: str) -> str:
        """Of a resource, on it and below."""
        below = {"reach": "below"} if self._here and provider == Provider.RESOURCES else {}
        address = reverse("access_requests:assignments", args=[provider])
        return f"{address}?{urlencode(self._here | below | search)}"

    def held(self, **search: str) -> str:
        """Of everything there is no one list: the card beside it has one for each provider."""
        return self.assignments(self.place.provider, **search) if self.place else "#held"

    def activations(self, days: int) -> str:
        view = "portal:place_activations" if self.place else "portal:activations"
        args = [self.place.provider] if self.place else []
        return f"{reverse(view, args=args)}?{urlencode(self._here | {'days': days})}"

    def requests(self, **search: str) -> str:
        view = "access_requests:provider_requests" if self.place else "access_requests:all_requests"
        args = [self.place.provider] if self.place else []
        return f"{reverse(view, args=args)}?{urlencode(self._here | search)}"

    @property
    def alerts(self) -> str:
        if self.place is None:
            return reverse("alerts:all")
        return f"{reverse('alerts:list', args=[self.place.provider])}{self.place.query}"

    @property
    def _here(self) -> dict[str, object]:
        return {"on": self.place.resource.pk} if self.place and self.place.resource else {}


@dataclass(frozen=True)
class Tile:
    """One number with its meaning, and where it leads."""

    label: str
    icon: str
    value: int
    says: str
    url: str


@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    """Of all that its reader may see."""
    can_open(request.access, Permission.ASSIGNMENTS_READ).require()
    return render(request, "portal/overview.html", _context(request, Scope(), None))


@require_safe
def of_place(request: HttpRequest, provider: Provider) -> HttpResponse:
    place = place_of(request, provider, Permission.ASSIGNMENTS_READ)
    context = _context(request, Scope(place.provider, place.path), place)
    return render(request, "portal/place_overview.html", context)


@require_safe
def activations(request: HttpRequest) -> HttpResponse:
    """The activations that the picture counts, one by one."""
    can_open(request.access, Permission.ASSIGNMENTS_READ).require()
    return render(request, "portal/activations.html", _activations(request, Scope()))


@require_safe
def activations_of_place(request: HttpRequest, provider: Provider) -> HttpResponse:
    place = place_of(request, provider, Permission.ASSIGNMENTS_READ)
    context = _activations(request, Scope(place.provider, place.path)) | {"place": place}
    return render(request, "portal/place_activations.html", context)


def _activations(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    days, q, after = days_asked(request), words_in(request.GET), request.GET.get("after", "")
    since = first_of(days, now=request.now)
    found = activations_of(scope, request.access, q, since=since, after=after, now=request.now)
    links_people = request.access.may_in(Permission.ASSIGNMENTS_READ, Provider.DIRECTORY)
    context = {"found": found, "page": found.page, "days": days, "periods": PERIODS, "q": q}
    return context | {"links_people": links_people}


def _context(request: HttpRequest, scope: Scope, place: Place | None) -> dict[str, Any]:
    days, lists = days_asked(request), Lists(place)
    since, today = first_of(days, now=request.now), day_of(request.now)
    found = overview_of(scope, request.user, request.access, since=since, now=request.now)
    return {
        "place": place,
        "found": found,
        "tiles": list(_tiles(found, lists, request.now)),
        "total": found.total,
        "days": days,
        "periods": PERIODS,
        "activations": picture_of_activations(found.activations, since=since, today=today),
        "activations_title": f"Activations of {days} days by role",
        "activations_described": described(found.activations),
        "counted_until": _counted_until(found.counted, today),
        "activated_count": found.activations.total,
        "waited": _waited(found.waits),
        "hours": picture_of_hours(found.months, found.counted),
        "held": share_bars(list(_held(found, place, lists))),
        "roles": share_bars([_role(role, place, lists) for role in found.roles]),
        "activated_url": lists.activations(days),
        "ending_urls": [
            lists.held(tab="eligible", ending="soon", sort="end"),
            lists.held(tab="active", state="assigned", ending="soon", sort="end"),
        ],
        "new_urls": [lists.held(tab="eligible", start="new"), lists.held(tab="active", start="new")],
        "alerts": list(found.alerts.items()) if found.alerts else [],
        "alerts_url": lists.alerts,
        "decided_url": lists.requests(tab="decided"),
    }


def _tiles(found: Overview, lists: Lists, now: datetime) -> Iterator[Tile]:
    total, waits = found.total, found.waits
    limited, permanent = (
        lists.held(tab="active", ending="limited"),
        lists.held(tab="active", ending="permanent"),
    )
    activated = f"{total.activated:,} activated by the holder"
    ending = f"{total.eligible_ending:,} end in 14 days" if total.eligible_ending else "None ends in 14 days"
    yield Tile("Active with an end", "lightning-charge", total.limited, activated, limited)
    yield Tile("Eligible", "person-badge", total.eligible, ending, lists.held(tab="eligible"))
    yield Tile("Permanent active", "pin-angle", total.permanent, _compared(found), permanent)
    if waits is not None:
        oldest = f"Oldest for {roughly(now - waits.oldest)}" if waits.oldest else "Nobody has to wait"
        yield Tile("Waiting requests", "hourglass-split", waits.count, oldest, lists.requests(tab="waiting"))
    if found.alerts is not None:
        high, opened = found.alerts[Severity.HIGH].alerts, sum(each.alerts for each in found.alerts.values())
        says = f"{high:,} of them high" if high else "None of them high"
        yield Tile("Open alerts", "exclamation-triangle", opened, says, lists.alerts)


def _compared(found: Overview) -> str:
    """What is permanent, to what was 30 days ago."""
    if found.permanent_before is None:
        return "Active all day, every day"
    more = found.total.permanent - found.permanent_before
    if not more:
        return "As many as 30 days ago"
    return f"{abs(more):,} {'more' if more > 0 else 'fewer'} than 30 days ago"


def _waited(waits: Waits | None) -> tuple[str, str] | None:
    """The middle one of the times that requests waited, and the one that nine of ten did not exceed."""
    if waits is None or waits.median is None or waits.most is None:
        return None
    return roughly(waits.median), roughly(waits.most)


def days_asked(request: HttpRequest) -> int:
    """How many days the address asks for. A number that there is not is the usual one."""
    return next((days for days in PERIODS if request.GET.get("days") == str(days)), USUAL_PERIOD)


def first_of(days: int, *, now: datetime) -> date:
    """The first of so many days in UTC, of which today is the last."""
    return day_of(now) - timedelta(days=days - 1)


def _counted_until(counted: Counted, today: date) -> str:
    """The last day that is written down, where that is not yesterday."""
    late = counted.last is not None and counted.last < today - timedelta(days=1)
    return day_and_month(counted.last) if late else ""


def _held(found: Overview, place: Place | None, lists: Lists) -> Iterator[Share]:
    """By provider; within one by who holds it."""
    if place is None:
        for provider in Provider:
            yield _share(provider.label, found.of(provider=provider), lists, provider)
        return
    for kind, (label, holder) in _HOLDERS.items():
        yield _share(label, found.of(kind=kind), lists, place.provider, holder=holder)


def _share(label: str, held: Held, lists: Lists, provider: str, **search: str) -> Share:
    active = partial(lists.assignments, provider, tab="active", **search)
    return Share(
        label,
        [
            Part("eligible", held.eligible, "s1", lists.assignments(provider, tab="eligible", **search)),
            Part("active with an end", held.limited, "s2", active(ending="limited")),
            Part("permanent", held.permanent, "s4", active(ending="permanent")),
        ],
    )


def _role(role: RoleHeld, place: Place | None, lists: Lists) -> Share:
    listed = partial(lists.assignments, role.provider, role=str(role.id))
    return Share(
        role.name,
        [
            Part("eligible", role.eligible, "s1", listed(tab="eligible")),
            Part("active", role.active, "s2", listed(tab="active")),
        ],
        f"{reverse('administration:role', args=[role.provider, role.id])}{place.query if place else ''}",
    )
