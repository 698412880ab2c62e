"""What pages of higher apps use of administration, and its own: show what wanted settings would do, and apply
just that. A file, copies, many at once and the fix of an alert end here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.access_requests.web import actor_of
from apps.accounts.web import fresh_until
from apps.administration.forms.settings_plan import ApplyForm
from apps.administration.selectors.settings_changes import Change
from apps.administration.selectors.settings_plan import Plan, plan_from, plan_of
from apps.administration.services.settings import PlanMoved, change_settings
from apps.common.text import counted
from apps.common.web.forms import PortalForm


def is_applying(request: HttpRequest) -> bool:
    return request.method == "POST" and "apply" in request.POST


def plan_page(
    request: HttpRequest,
    changes: Sequence[Change],
    *,
    template: str,
    context: Mapping[str, Any],
    back: str,
) -> HttpResponse:
    """What the changes would do. A press on Apply makes them, if they would still do what was shown, and
    leads to `back`; else it shows what they would do now."""
    form = ApplyForm(request.POST if is_applying(request) else None, request=request)
    if form.is_valid():
        try:
            with form.taking_refusals():
                return _applied(request, changes, form, back)
        except PlanMoved as moved:
            plan = plan_from(moved.plan, now=request.now)
            form = ApplyForm(request=request)
            return _page(request, plan, form, template, {**context, "is_stale": True}, status=409)
    plan = plan_of(changes, actor=actor_of(request), now=request.now)
    return _page(request, plan, form, template, context, status=form.status)


def _applied(request: HttpRequest, changes: Sequence[Change], form: ApplyForm, back: str) -> HttpResponse:
    done = change_settings(
        changes,
        actor=actor_of(request, form.second_factor),
        now=request.now,
        digest=form.cleaned_data["digest"],
    )
    messages.success(request, _what_was_done(len(done)))
    return redirect(back)


def _what_was_done(count: int) -> str:
    if not count:
        return "Everything was like that already. Nothing is changed."
    return f"Role settings are changed in {counted(count, 'place')}."


def _page(
    request: HttpRequest,
    plan: Plan,
    form: PortalForm,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int,
) -> HttpResponse:
    form.initial["digest"] = plan.digest
    shown = {**context, "plan": plan, "form": form, "fresh_until": fresh_until(request)}
    return render(request, template, shown, status=status)
