"""One alert in one place: what it is about, and what it has found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from apps.access_requests.web import actor_of
from apps.alerts.links import Link, about_url, links_of
from apps.alerts.models import Finding, Look
from apps.alerts.policy.catalogue import BY_ID
from apps.alerts.policy.configuring import may_configure
from apps.alerts.policy.terms import Rule
from apps.alerts.selectors.configuring import in_force, place_of_settings
from apps.alerts.selectors.findings import Row, Search, Tab, find_findings
from apps.alerts.selectors.listing import last_scan_for
from apps.alerts.views.lists import scan_part
from apps.common.access import Permission, Provider
from apps.common.decision import Decision
from apps.common.web.searching import words_in
from apps.roles.web import Place, place_of


@dataclass(frozen=True)
class Action:
    """What is done about a finding, on a page of its own."""

    label: str
    url: str
    icon: str
    decision: Decision


@dataclass(frozen=True)
class Line:
    """One finding of the list, with what can be done about it and the pages that it leads to."""

    finding: Finding
    actions: list[Action]
    about_url: str
    links: list[Link]

    @property
    def where(self) -> str:
        """Its role and place; the directory is one place."""
        finding = self.finding
        if finding.role and finding.provider == Provider.DIRECTORY:
            return finding.role
        return " · ".join(filter(None, (finding.role, finding.place_name)))

    @property
    def can_be_picked(self) -> bool:
        return any(action.decision for action in self.actions)


@require_safe
def detail(request: HttpRequest, provider: Provider, rule: str) -> HttpResponse:
    alert, place = alert_at(request, provider, rule)
    last = last_scan_for(request.access, provider, place.path)
    if request.htmx:
        return scan_part(request, last)
    search = _search(request.GET, alert, place)
    found = find_findings(
        search, actor=actor_of(request), after=request.GET.get("after", ""), now=request.now
    )
    lines = [_line(request, search, row, found.kinds) for row in found.rows]
    setting = in_force(alert, provider, place_of_settings(provider, place.resource))
    context = {
        "rule": alert,
        "search": search,
        "page": found.page,
        "lines": lines,
        "picks": any(line.can_be_picked for line in lines),
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


def _line(request: HttpRequest, search: Search, row: Row, kinds: Mapping[str, str]) -> Line:
    finding, access = row.finding, request.access
    actions = list(_actions(request, search, row))
    links = links_of(finding, access, tab=kinds.get(row.assignment_id, ""))
    return Line(finding, actions, about_url(finding, access), links)


def _actions(request: HttpRequest, search: Search, row: Row) -> Iterator[Action]:
    """What a tab offers."""
    named = [search.provider, search.rule.id]
    here = request.GET.get("on")
    asked = {"pick": row.finding.pk, "next": request.get_full_path()} | ({"on": here} if here else {})
    if search.tab == Tab.OPEN:
        if search.rule.fix:
            yield Action("Fix", _url("alerts:fix", [], asked), "wrench-adjustable", row.can_fix)
        yield Action("Dismiss", _url("alerts:dismiss", named, asked), "bell-slash", row.can_dismiss)
    elif search.tab == Tab.DISMISSED:
        icon = "arrow-counterclockwise"
        yield Action("Take back", _url("alerts:restore", named, asked), icon, row.can_restore)


def _url(view: str, named: list[str], asked: dict[str, Any]) -> str:
    return f"{reverse(view, args=named)}?{urlencode(asked)}"


def _search(asked: QueryDict, alert: Rule, place: Place) -> Search:
    """What the address asks for. A tab that there is not is none."""
    tab = asked.get("tab", "")
    return Search(
        alert, place.provider, place.path, Tab(tab) if tab in Tab.values else Tab.OPEN, words_in(asked)
    )
