"""All alerts, of everything and of one place, and the button that has them looked at now."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from apps.accounts.web import next_url
from apps.alerts.selectors.listing import Found, alerts_for
from apps.alerts.services.scanning import ask_for_scan
from apps.common.access import Permission, Provider, can_open
from apps.roles.web import place_of


@require_safe
def everywhere(request: HttpRequest) -> HttpResponse:
    """What is open to nobody else is refused with the roles that open it."""
    can_open(request.access, Permission.ALERTS_READ).require()
    return _page(request, "all", alerts_for(request.access, now=request.now))


@require_safe
def of_place(request: HttpRequest, provider: Provider) -> HttpResponse:
    place = place_of(request, provider, Permission.ALERTS_READ)
    return _page(request, "list", alerts_for(request.access, provider, place.path, now=request.now))


@require_POST
def scan(request: HttpRequest) -> HttpResponse:
    """Whoever may see alerts may have them looked at again: it changes nothing of anybody's."""
    can_open(request.access, Permission.ALERTS_READ).require()
    ask_for_scan(actor=request.user.party, now=request.now)
    messages.success(request, "The scan has begun. It goes on without this page.")
    return redirect(next_url(request, reverse("alerts:all")))


def _page(request: HttpRequest, name: str, found: Found) -> HttpResponse:
    """While a scan runs, the page asks for that part of itself again."""
    if request.htmx and not (found.last and found.last.scan.is_running):
        return HttpResponseClientRefresh()
    template = "_scan" if request.htmx else name
    return render(request, f"alerts/{template}.html", {"found": found, "last": found.last})
