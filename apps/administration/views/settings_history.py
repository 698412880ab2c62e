"""What was changed in role settings, and the way back: to an earlier state, or to what is inherited."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.access_requests.web import actor_of
from apps.accounts.web import ConfirmForm, fresh_until
from apps.administration.selectors.settings import change_at, history_page
from apps.administration.services.settings import (
    Change,
    PlanMoved,
    assess_changes,
    change_settings,
)
from apps.administration.views.settings import Entry, Spot, may_change, preview_of, spot_of, to_the_settings
from apps.common.access import Provider
from apps.common.errors import Conflict
from apps.common.web.forms import form_page, sent
from apps.roles.models import SettingsChange
from apps.roles.policy.plain import from_plain
from apps.roles.selectors import settings_at


@require_safe
def history(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponse:
    spot = spot_of(request, provider, pk)
    page = history_page(spot.role, spot.resource, after=request.GET.get("after", ""))
    context = {
        "spot": spot,
        "page": page,
        "entries": [Entry(each) for each in page.rows],
        "can_change": may_change(request, spot),
    }
    return render(request, "administration/settings_history.html", context)


@form_page
def restore(request: HttpRequest, provider: Provider, pk: UUID, change: UUID) -> HttpResponse:
    """The state before a change of the history again: rules of its own, or inherited ones."""
    spot = spot_of(request, provider, pk)
    past = change_at(spot.role, spot.resource, change)
    if past is None:
        raise Http404
    wanted = from_plain(past.before) if past.was_own else None
    return _plan_page(request, spot, spot.change(wanted), past=past)


@form_page
def inherit(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponse:
    """No rules of its own any more."""
    spot = spot_of(request, provider, pk)
    if not settings_at(spot.role, spot.resource).is_own:
        raise Conflict("These settings are inherited already.")
    return _plan_page(request, spot, spot.change(None), past=None)


def _plan_page(
    request: HttpRequest, spot: Spot, change: Change, *, past: SettingsChange | None
) -> HttpResponse:
    """What it would do, and a button that does exactly that; or what it would do by now."""
    may_change(request, spot).require()
    form = ConfirmForm(sent(request), request=request)
    is_stale = False
    if form.is_valid():
        with form.taking_refusals():
            try:
                actor, shown = actor_of(request, form.second_factor), request.POST.get("plan", "-")
                change_settings([change], actor=actor, now=request.now, digest=shown)
            except PlanMoved:
                is_stale = True
            else:
                return to_the_settings(request, spot)
    (assessed,) = assess_changes([change], actor=actor_of(request), now=request.now)
    context = {
        "spot": spot,
        "past": past,
        "form": form,
        "is_stale": is_stale,
        "decision": assessed.without_factor,
        "fresh_until": fresh_until(request),
        **preview_of(request, assessed),
    }
    status = 409 if is_stale else form.status
    return render(request, "administration/settings_step_back.html", context, status=status)
