"""The roles of a provider or of one resource, and the pages on which custom ones are defined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.access_requests.web import actor_of
from apps.accounts.web import ConfirmForm, fresh_until
from apps.administration.estate_file import role_lines
from apps.administration.forms.roles import FACTS, RoleForm, values_of
from apps.administration.policy.keeping import Keeper
from apps.administration.policy.roles import (
    REACHES,
    can_define,
    can_delete_role,
    can_open_change,
    can_retire_role,
    may_grant,
)
from apps.administration.selectors.keepers import keeper_of
from apps.administration.selectors.roles import (
    HOLDERS_SHOWN,
    Show,
    change_of,
    facts_of,
    in_force,
    line_of,
    permitted,
    role_list,
)
from apps.administration.services.roles import (
    change_role,
    create_role,
    delete_role,
    export_roles,
    retire_role,
)
from apps.common.access import Permission, Provider
from apps.common.web.files import csv_file
from apps.common.web.forms import form_page, sent
from apps.common.web.searching import words_in
from apps.roles.models import RoleDefinition
from apps.roles.web import place_of

_SEE = Permission.ASSIGNMENTS_READ


@require_safe
def roles(request: HttpRequest, provider: Provider) -> HttpResponse:
    place = place_of(request, provider, _SEE)
    q, show = _search(request.GET)
    found = role_list(
        place, request.access, show=show, q=q, after=request.GET.get("after", ""), now=request.now
    )
    context = {
        "found": found,
        "page": found.page,
        "q": q,
        "show": show,
        "chosen": {"q": q, "show": show},
        "shows": Show.choices,
        "can_define": can_define(_keeper(request), provider),
    }
    return render(request, "administration/roles.html", context)


@require_POST
def export(request: HttpRequest, provider: Provider) -> HttpResponseBase:
    """The list as a file; a POST, as it writes down who took it."""
    place = place_of(request, provider, _SEE)
    q, show = _search(request.POST)
    found = export_roles(
        place, actor=request.user.party, access=request.access, show=show, q=q, now=request.now
    )
    return csv_file(role_lines(found), name="roles", now=request.now)


@require_safe
def role(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponse:
    row, place, keeper = _role(request, provider, pk), request.place, _keeper(request)
    facts = facts_of(row, now=request.now)
    context = {
        "role": row,
        "line": line_of(row, place, request.access, now=request.now),
        "permitted": permitted(row.granted),
        "settings": in_force(row, place),
        "can_see_settings": place.can_open(request.access, Permission.SETTINGS_READ),
        "can_see_requests": place.can_open(request.access, Permission.REQUESTS_READ),
        "can_see_audit": place.can_open(request.access, Permission.AUDIT_READ),
        "can_assign": place.can_open(request.access, Permission.ASSIGNMENTS_MANAGE),
        "can_change": can_open_change(keeper, facts),
        "was_used": facts.was_used,
        "can_delete": can_delete_role(keeper, facts),
        "can_retire": can_retire_role(keeper, facts),
    }
    return render(request, "administration/role.html", context)


@form_page
def create(request: HttpRequest, provider: Provider) -> HttpResponse:
    place_of(request, provider, _SEE)
    can_define(_keeper(request), provider).require()
    form = _form(request, provider)
    if form.is_valid():
        with form.taking_refusals():
            made = create_role(
                provider=provider,
                granted=form.granted,
                **form.facts,
                actor=actor_of(request, form.second_factor),
                now=request.now,
            )
            messages.success(request, f"{made.name} is there. Nobody holds it yet.")
            return redirect(made)
    return _form_page(request, "create", form)


@form_page
def change(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponse:
    """Other permissions that reach somebody are shown first; the second press does what was shown."""
    row = _role(request, provider, pk)
    can_open_change(_keeper(request), facts_of(row, now=request.now)).require()
    form = _form(request, provider, row)
    planned, seen = None, request.POST.get("seen", "")
    if form.is_valid():
        planned = change_of(row, form.granted, now=request.now)
        if not planned.reaches_somebody or planned.digest == seen:
            with form.taking_refusals():
                actor = actor_of(request, form.second_factor)
                change_role(
                    row.pk, granted=form.granted, seen=seen, **form.facts, actor=actor, now=request.now
                )
                messages.success(request, f"{form.facts['name']} is saved.")
                return redirect(row)
    return _form_page(request, "change", form, role=row, change=planned, shown=HOLDERS_SHOWN)


@form_page
def delete(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponse:
    row = _role(request, provider, pk)
    can_delete_role(_keeper(request), facts_of(row, now=request.now)).require()
    the_list = reverse("administration:roles", args=[provider])
    return _confirm(request, row, "delete", delete_role, said="is deleted", then=the_list)


@form_page
def retire(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponse:
    row = _role(request, provider, pk)
    can_retire_role(_keeper(request), facts_of(row, now=request.now)).require()
    return _confirm(request, row, "retire", retire_role, said="is retired", then=row.get_absolute_url())


# ---- Parts -------------------------------------------------------------------------------------------------


def _confirm(
    request: HttpRequest,
    row: RoleDefinition,
    page: str,
    command: Callable[..., RoleDefinition],
    *,
    said: str,
    then: str,
) -> HttpResponse:
    """Asks for the second factor, and nothing else; then on to the address `then`."""
    form = ConfirmForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            command(row.pk, actor=actor_of(request, form.second_factor), now=request.now)
            messages.success(request, f"{row.name} {said}.")
            return redirect(then)
    return _form_page(request, page, form, role=row)


def _search(asked: QueryDict) -> tuple[str, Show]:
    """What the list is narrowed to; what there is not is everything."""
    show = asked.get("show", "")
    q = words_in(asked)
    return q, Show(show) if show in Show.values else Show.ALL


def _role(request: HttpRequest, provider: Provider, pk: UUID) -> RoleDefinition:
    place_of(request, provider, _SEE)
    return get_object_or_404(RoleDefinition, provider=provider, pk=pk)


def _keeper(request: HttpRequest) -> Keeper:
    return keeper_of(actor_of(request), now=request.now)


def _form(request: HttpRequest, provider: Provider, row: RoleDefinition | None = None) -> RoleForm:
    keeper, reached = _keeper(request), REACHES.get(provider, ())
    pairs = [(each, permission) for each in reached for permission in Permission]
    initial = {name: getattr(row, name) for name in ("name", *FACTS)} if row else {}
    return RoleForm(
        sent(request),
        request=request,
        reached=reached,
        offered=[pair for pair in pairs if may_grant(keeper, *pair)],
        kept=row.granted if row else frozenset(),
        initial=initial | {"permissions": values_of(row.granted) if row else []},
    )


def _form_page(request: HttpRequest, name: str, form: ConfirmForm, **more: Any) -> HttpResponse:
    context = {"form": form, "fresh_until": fresh_until(request), **more}
    return render(request, f"administration/role_{name}.html", context, status=form.status)
