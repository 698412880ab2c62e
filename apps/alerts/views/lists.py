"""All alerts, of everything and of one place, and the button that has them looked at now."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from apps.accounts.web import next_url
from apps.alerts.selectors.listing import LastScan, alerts_for, last_scan_for
from apps.alerts.services.scanning import ask_for_scan
from apps.common.access import Permission, Provider, can_open
from apps.roles.web import place_of


@require_safe
def everywhere(request: HttpRequest) -> HttpResponse:
    """What is open to nobody else is refused with the roles that open it."""
    can_open(request.access, Permission.ALERTS_READ).require()
    return _page(request, "all")


@require_safe
def of_place(request: HttpRequest, provider: Provider) -> HttpResponse:
    place = place_of(request, provider, Permission.ALERTS_READ)
    return _page(request, "list", provider, place.path)


@require_POST
def scan(request: HttpRequest) -> HttpResponse:
    """Whoever may see alerts may have them looked at again: it changes nothing of anybody's."""
    can_open(request.access, Permission.ALERTS_READ).require()
    ask_for_scan(actor=request.user.party, now=request.now)
    messages.success(request, "The scan has begun. It goes on without this page.")
    return redirect(next_url(request, reverse("alerts:all")))


def _page(request: HttpRequest, name: str, provider: str = "", path: str = "") -> HttpResponse:
    if request.htmx:
        return scan_part(request, last_scan_for(request.access, provider, path))
    found = alerts_for(request.access, provider, path, now=request.now)
    return render(request, f"alerts/{name}.html", {"found": found, "last": found.last})


def scan_part(request: HttpRequest, last: LastScan | None) -> HttpResponse:
    """While a scan runs, pages ask for that part of themselves again; then for all."""
    if last is None or not last.scan.is_running:
        return HttpResponseClientRefresh()
    return render(request, "alerts/_scan.html", {"last": last})
