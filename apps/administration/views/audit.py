"""The audit log of a provider, or of one resource and all below it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from apps.audit.web import events, log_file, log_form, log_page
from apps.common.access import Permission, Provider
from apps.roles.web import place_of


@require_safe
def log(request: HttpRequest, provider: Provider) -> HttpResponse:
    place = place_of(request, provider, Permission.AUDIT_READ)
    found = log_page(request, provider=provider, path=place.path)
    return render(request, "administration/audit.html", found)


@require_POST
def export(request: HttpRequest, provider: Provider) -> HttpResponseBase:
    place = place_of(request, provider, Permission.AUDIT_READ)
    form = log_form(request)
    if not form.is_valid():
        return render(request, "administration/audit.html", events(form), status=400)
    return log_file(request, form, provider=provider, path=place.path)
