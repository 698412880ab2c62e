"""One alert in one place: what it is about, and what it has found."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from apps.access_requests.web import actor_of
from apps.alerts.links import Link, about_url, links_of
from apps.alerts.models import Look
from apps.alerts.policy.catalogue import BY_ID
from apps.alerts.policy.configuring import may_configure
from apps.alerts.policy.terms import Rule
from apps.alerts.selectors.configuring import in_force, place_of_settings
from apps.alerts.selectors.findings import Row, Search, Tab, find_findings
from apps.alerts.selectors.listing import last_scan_for
from apps.common.access import Access, Permission, Provider
from apps.common.web.searching import words_in
from apps.roles.web import Place, place_of


@dataclass(frozen=True)
class Line:
    """One finding of the list, with the pages that it leads to."""

    row: Row
    about_url: str
    links: list[Link]


@require_safe
def detail(request: HttpRequest, provider: Provider, rule: str) -> HttpResponse:
    """While a scan runs, the page asks for that part of itself again."""
    alert, place = alert_at(request, provider, rule)
    last = last_scan_for(request.access, provider, place.path)
    if request.htmx:
        if last is None or not last.scan.is_running:
            return HttpResponseClientRefresh()
        return render(request, "alerts/_scan.html", {"last": last})
    search = _search(request.GET, alert, place)
    found = find_findings(
        search, actor=actor_of(request), after=request.GET.get("after", ""), now=request.now
    )
    setting = in_force(alert, provider, place_of_settings(provider, place.resource))
    context = {
        "rule": alert,
        "search": search,
        "page": found.page,
        "lines": [_line(row, request.access) for row in found.rows],
        "tabs": [(tab.value, tab.label, found.counts[tab]) for tab in Tab],
        "last": last,
        "look": Look.objects.filter(pk=alert.id).first(),
        "in_force": setting,
        "can_configure": may_configure(request.access, provider, place.path, place.name),
    }
    return render(request, "alerts/detail.html", context)


def alert_at(
    request: HttpRequest, provider: Provider, rule: str, permission: Permission = Permission.ALERTS_READ
) -> tuple[Rule, Place]:
    """The alert with this id and the place that the address names, for whoever may see alerts there."""
    place = place_of(request, provider, permission)
    alert = BY_ID.get(rule)
    if alert is None or provider not in alert.providers:
        raise Http404
    return alert, place


def _line(row: Row, access: Access) -> Line:
    return Line(row, about_url(row.finding, access), links_of(row.finding, access))


def _search(asked: QueryDict, alert: Rule, place: Place) -> Search:
    """What the address asks for. A tab that there is not is none."""
    tab = asked.get("tab", "")
    return Search(
        alert, place.provider, place.path, Tab(tab) if tab in Tab.values else Tab.OPEN, words_in(asked)
    )
