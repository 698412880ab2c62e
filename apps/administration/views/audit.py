"""The audit log of a provider, of one resource and all below it, of a role, and of a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from apps.administration.views.person import visible_person
from apps.audit.web import events, log_file, log_form, log_page
from apps.common.access import Permission, Provider, can_open
from apps.roles.models import RoleDefinition
from apps.roles.web import place_of


@require_safe
def log(request: HttpRequest, provider: Provider) -> HttpResponse:
    return render(request, "administration/audit.html", log_page(request, **_place(request, provider)))


@require_POST
def export(request: HttpRequest, provider: Provider) -> HttpResponseBase:
    return _file(request, "administration/audit.html", {}, **_place(request, provider))


@require_safe
def of_role(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponse:
    context, part = _role(request, provider, pk)
    return render(request, "audit/about.html", context | log_page(request, **part))


@require_POST
def export_of_role(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponseBase:
    context, part = _role(request, provider, pk)
    return _file(request, "audit/about.html", context, **part)


@require_safe
def of_person(request: HttpRequest, pk: UUID) -> HttpResponse:
    context, part = _person(request, pk)
    return render(request, "audit/about.html", context | log_page(request, **part))


@require_POST
def export_of_person(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    context, part = _person(request, pk)
    return _file(request, "audit/about.html", context, **part)


# ---- Parts -------------------------------------------------------------------------------------------------


def _place(request: HttpRequest, provider: Provider) -> dict[str, str]:
    place = place_of(request, provider, Permission.AUDIT_READ)
    return {"provider": provider, "path": place.path}


def _role(request: HttpRequest, provider: Provider, pk: UUID) -> tuple[dict[str, Any], dict[str, str]]:
    """A role by the name that it has now; what it was called before stands in its place's log."""
    part = _place(request, provider)
    role = get_object_or_404(RoleDefinition, provider=provider, pk=pk)
    on = request.place.resource
    context = {
        "about": role.name,
        "on": on,
        "back": (role.name, reverse("administration:role", args=[provider, pk]) + request.place.query),
        "list_url": reverse("administration:role_audit", args=[provider, pk]),
        "export_url": reverse("administration:export_role_audit", args=[provider, pk]),
        "report_of": urlencode({"role": pk, **({"on": on.pk} if on else {})}),
    }
    return context, part | {"role_name": role.name}


def _person(request: HttpRequest, pk: UUID) -> tuple[dict[str, Any], dict[str, str]]:
    """What this person did, and what was done to their access."""
    person = visible_person(request, pk)
    can_open(request.access, Permission.AUDIT_READ).require()
    context = {
        "about": person.name,
        "back": (person.name, reverse("administration:person", args=[pk])),
        "list_url": reverse("administration:person_audit", args=[pk]),
        "export_url": reverse("administration:export_person_audit", args=[pk]),
        "report_of": urlencode({"person": pk}),
    }
    return context, {"subject": str(pk)}


def _file(request: HttpRequest, template: str, context: dict[str, Any], **part: str) -> HttpResponseBase:
    form = log_form(request)
    if not form.is_valid():
        return render(request, template, context | events(request, form), status=400)
    return log_file(request, form, **part)
