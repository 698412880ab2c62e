"""The trees of resources, and the pages that change them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.access_requests.web import actor_of
from apps.accounts.web import ConfirmForm, fresh_until
from apps.administration.estate_file import resource_lines
from apps.administration.forms.resources import MoveForm, ResourceForm
from apps.administration.policy.keeping import Keeper
from apps.administration.policy.resources import (
    TOP,
    can_create,
    can_move_somewhere,
    can_rename,
    can_retire,
)
from apps.administration.selectors.keepers import keeper_of
from apps.administration.selectors.moving import move_of
from apps.administration.selectors.resources import (
    PLACES_OFFERED,
    in_the_way,
    kinds_in_use,
    node_of,
    places_to_move,
    resource_detail,
    resource_tree,
    visible_resources,
)
from apps.administration.services.resources import (
    assess_move,
    create_resource,
    export_resources,
    move_resource,
    rename_resource,
    retire_resource,
)
from apps.common.access import Permission, Provider
from apps.common.errors import Conflict
from apps.common.lookup import present
from apps.common.web.files import csv_file
from apps.common.web.forms import form_page, sent
from apps.common.web.searching import words_in
from apps.roles.models import Resource
from apps.roles.web import place_of, place_on


@require_safe
def resource_list(request: HttpRequest) -> HttpResponse:
    place_on(request, Provider.RESOURCES, None, Permission.ASSIGNMENTS_READ)
    q = words_in(request.GET)
    tree = resource_tree(request.access, q=q, after=request.GET.get("after", ""), now=request.now)
    context = {
        "tree": tree,
        "page": tree.page,
        "q": q,
        "chosen": {"q": q},
        "can_create": can_create(_keeper(request), below=TOP),
    }
    return render(request, "administration/resources.html", context)


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The list as a file; a POST, as it writes down who took it."""
    q = words_in(request.POST)
    rows = export_resources(actor=request.user.party, access=request.access, q=q, now=request.now)
    return csv_file(resource_lines(rows), name="resources", now=request.now)


@require_safe
def resource(request: HttpRequest, pk: UUID) -> HttpResponse:
    row, keeper = _visible(request, pk), _keeper(request)
    detail = resource_detail(row, after=request.GET.get("after", ""), now=request.now)
    node = node_of(row)
    context = {
        "detail": detail,
        "page": detail.page,
        "can_assign": request.place.can_open(request.access, Permission.ASSIGNMENTS_MANAGE),
        "can_create": can_create(keeper, below=node),
        "can_rename": can_rename(keeper, node),
        "can_move": can_move_somewhere(keeper, node, away_from=node_of(row.parent)),
        "can_retire": can_retire(keeper, node, detail.in_the_way),
    }
    return render(request, "administration/resource.html", context)


@form_page
def create(request: HttpRequest) -> HttpResponse:
    """Below the resource that the address names with `on`, or at the top."""
    place = place_of(request, Provider.RESOURCES, Permission.ASSIGNMENTS_READ)
    parent = place.resource
    can_create(_keeper(request), below=node_of(parent)).require()
    form = ResourceForm(sent(request), request=request, kinds=kinds_in_use())
    if form.is_valid():
        with form.taking_refusals():
            made = create_resource(
                parent_id=parent.pk if parent else None,
                **form.called,
                actor=actor_of(request, form.second_factor),
                now=request.now,
            )
            messages.success(request, f"{made.name} is there.")
            return redirect(made)
    return _form_page(request, "create", form)


@form_page
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _in_use(request, pk)
    can_rename(_keeper(request), node_of(row)).require()
    initial = {"name": row.name, "kind": row.kind}
    form = ResourceForm(sent(request), request=request, kinds=kinds_in_use(), initial=initial)
    if form.is_valid():
        with form.taking_refusals():
            actor = actor_of(request, form.second_factor)
            rename_resource(row.pk, **form.called, actor=actor, now=request.now)
            messages.success(request, f"{row.name} is now {form.called['name']}.")
            return redirect(row)
    return _form_page(request, "change", form)


@form_page
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Without `to` where it could go, with it what that would do. A POST does what was shown, or shows what
    that has become."""
    row = _in_use(request, pk)
    can_move_somewhere(_keeper(request), node_of(row), away_from=node_of(row.parent)).require()
    if not request.GET.get("to"):
        return _where_to(request, row)
    parent = _destination(request)
    shown = move_of(row, parent, now=request.now)
    form = MoveForm(sent(request), request=request, initial={"seen": shown.digest})
    is_stale = form.is_valid() and form.cleaned_data["seen"] != shown.digest
    if is_stale:
        form = MoveForm(request=request, initial={"seen": shown.digest})
    elif form.is_valid():
        with form.taking_refusals():
            actor = actor_of(request, form.second_factor)
            parent_id = parent.pk if parent else None
            move_resource(row.pk, parent_id=parent_id, seen=shown.digest, actor=actor, now=request.now)
            messages.success(
                request, f"{row.name} lies {f'below {parent.name}' if parent else 'at the top'} now."
            )
            return redirect(row)
    decision = assess_move(shown, actor=actor_of(request), now=request.now)
    context = {"move": shown, "decision": decision, "is_stale": is_stale}
    return _form_page(request, "move", form, status=409 if is_stale else form.status, **context)


@form_page
def retire(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _in_use(request, pk)
    can_retire(_keeper(request), node_of(row), in_the_way(row, now=request.now)).require()
    form = ConfirmForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            retire_resource(row.pk, actor=actor_of(request, form.second_factor), now=request.now)
            messages.success(request, f"{row.name} is retired.")
            return redirect(row.parent or "administration:resources")
    return _form_page(request, "retire", form)


# ---- Parts -------------------------------------------------------------------------------------------------


def _where_to(request: HttpRequest, row: Resource) -> HttpResponse:
    """The places that could take it, or those of them that are called so."""
    q = words_in(request.GET)
    places = places_to_move(row, request.access, q=q)
    context = {
        "resource": row,
        "q": q,
        "places": places[:PLACES_OFFERED],
        "is_cut": len(places) > PLACES_OFFERED,
        "can_top": can_create(_keeper(request), below=TOP) if row.parent else None,
    }
    return render(request, "administration/resource_where_to.html", context)


def _destination(request: HttpRequest) -> Resource | None:
    """The resource that the address names with `to`; none for the top."""
    to = request.GET["to"]
    if to == "top":
        return None
    try:
        return get_object_or_404(visible_resources(request.access), pk=UUID(to))
    except ValueError:
        raise Http404 from None


def _form_page(
    request: HttpRequest, name: str, form: ConfirmForm, *, status: int | None = None, **more: Any
) -> HttpResponse:
    context = {"form": form, "resource": request.place.resource, "fresh_until": fresh_until(request), **more}
    return render(request, f"administration/resource_{name}.html", context, status=status or form.status)


def _visible(request: HttpRequest, pk: UUID) -> Resource:
    return present(place_on(request, Provider.RESOURCES, pk, Permission.ASSIGNMENTS_READ).resource)


def _in_use(request: HttpRequest, pk: UUID) -> Resource:
    row = _visible(request, pk)
    if row.retired_at is not None:
        raise Conflict(f"{row.name} has been retired.")
    return row


def _keeper(request: HttpRequest) -> Keeper:
    return keeper_of(actor_of(request), now=request.now)
