"""My requests, one request with its progress, and cancelling it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.access_requests.forms.deciding import CancelForm
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.approvers import approvers_for
from apps.access_requests.selectors.facts import readings_now
from apps.access_requests.selectors.managing import other_admins
from apps.access_requests.selectors.my_roles import ActiveRow
from apps.access_requests.selectors.requests import events_about, my_requests, timeline
from apps.access_requests.selectors.terms import terms_of
from apps.access_requests.services.withdrawing import (
    assess_opening_cancel,
    cancel,
    is_own,
    refuse_if_closed,
)
from apps.access_requests.states import OPEN, WAITING, State
from apps.access_requests.web import actor_of, running_of
from apps.accounts.policy import zone_of
from apps.accounts.web import fresh_until
from apps.audit.web import log_page
from apps.common.access import Permission, can_open
from apps.common.errors import NotAllowed
from apps.common.instants import short
from apps.common.text import any_of
from apps.common.web.forms import form_page, sent
from apps.roles.policy.rules import RoleRules


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    waiting_only = request.GET.get("filter") == "waiting"
    context = {
        "rows": my_requests(request.user, now=request.now, waiting_only=waiting_only),
        "filter": "waiting" if waiting_only else "all",
    }
    return render(request, "access_requests/my_requests.html", context)


@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One request. The script asks for its live part again while something is still to come."""
    item = _visible(request, pk)
    reading = readings_now([item], now=request.now)[item.id]
    state = reading.state
    where = item.eligible.resource if item.eligible else item.resource
    rules = terms_of(item.principal_id, item.role, where, now=request.now)
    row = _active_row(request, item)
    can_cancel = assess_opening_cancel(item, actor=actor_of(request), now=request.now)
    context = {
        "item": item,
        "reading": reading,
        "origin": _origin(request, item),
        "is_own": is_own(item, actor_of(request)),
        "can_see_audit": can_open(
            request.access, Permission.AUDIT_READ, item.resource.provider, item.resource.path
        ),
        "settings": rules,
        "timeline": timeline(item, reading, deciders=_deciders(request, item, state, rules), now=request.now),
        "can_cancel": can_cancel if state in OPEN else None,
        "is_live": state in OPEN or row is not None,
        "assignment": row.assignment if row else None,
        "can_deactivate": row.can_deactivate if row else None,
        "can_extend": row.can_extend if row else None,
    }
    template = "_request_progress" if request.htmx else "request_detail"
    return render(request, f"access_requests/{template}.html", context)


@require_safe
def audit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All that the log has of it: how it went, and what became of the access that it brought."""
    item = _visible(request, pk)
    can_open(request.access, Permission.AUDIT_READ, item.resource.provider, item.resource.path).require()
    context = {
        "about": item.number,
        "origin": _origin(request, item),
        "back": (item.number, item.get_absolute_url()),
        "list_url": reverse("access_requests:request_audit", args=[pk]),
    }
    return render(request, "audit/about.html", context | log_page(request, about=events_about(item)))


@form_page
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """GET shows what would be cancelled, POST cancels it. One's own needs no more than the press; an admin
    proves a second factor, and may say why."""
    item, actor = _visible(request, pk), actor_of(request)
    refuse_if_closed(item, actor=actor, now=request.now)
    assess_opening_cancel(item, actor=actor, now=request.now).require()
    form = CancelForm(
        sent(request),
        request=request,
        factor_required=not is_own(item, actor),
        wants_reason=False,
        reader=item.requester_name,
    )
    if form.is_valid():
        try:
            return _cancel(request, item, form)
        except NotAllowed as error:
            form.add_domain_error(error)
    context = {
        "item": item,
        "form": form,
        "origin": _origin(request, item),
        "is_own": is_own(item, actor),
        "fresh_until": fresh_until(request),
    }
    return render(request, "access_requests/request_cancel.html", context, status=form.status)


# ---- Parts -------------------------------------------------------------------------------------------------


def _visible(request: HttpRequest, pk: UUID) -> AccessRequest:
    visible = AccessRequest.objects.visible_to(request.user, request.access)
    return get_object_or_404(visible.with_names(), pk=pk)


def _cancel(request: HttpRequest, item: AccessRequest, form: CancelForm) -> HttpResponse:
    canceled = cancel(
        item.pk,
        actor=actor_of(request, form.second_factor),
        now=request.now,
        justification=form.cleaned_data["justification"],
    )
    messages.success(request, f"{canceled.number} is cancelled.")
    return redirect(canceled)


def _origin(request: HttpRequest, item: AccessRequest) -> tuple[str, str]:
    """The list from which this person knows the request: a view and its title."""
    if is_own(item, actor_of(request)):
        return "access_requests:my_requests", "My requests"
    if request.access.may_somewhere(Permission.REQUESTS_READ):
        return "access_requests:all_requests", "All requests"
    return "access_requests:approve", "Approve requests"


def _active_row(request: HttpRequest, item: AccessRequest) -> ActiveRow | None:
    """The running activation this request led to, if it is the visitor's own."""
    if item.result_id is None:
        return None
    running = running_of(request).activated
    return next((row for row in running if row.assignment.id == item.result_id), None)


def _deciders(request: HttpRequest, item: AccessRequest, state: State, rules: RoleRules) -> str:
    """Who decides, and by when."""
    if state not in WAITING:
        return ""
    if item.is_about_assignment:
        found = other_admins(
            item.resource, principal_id=item.principal_id, actor=item.requester, now=request.now
        )
    else:
        found = approvers_for(
            rules, resource=item.eligible.resource, requester=item.requester, now=request.now
        )
    names = any_of([line.name for line in found.lines]) or "Nobody reachable"
    lapses = short(item.deadline_at, zone_of(request.user), now=request.now)
    return f"Can decide: {names}. The first answer counts. Times out {lapses}."
