"""Role settings: all roles of a place, one role, and the form that changes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from apps.access_requests.web import actor_of
from apps.accounts.web import fresh_until
from apps.administration.forms.settings import SettingsForm
from apps.administration.policy.settings_words import Comparison, Tab, diff
from apps.administration.selectors.replay import Trial, replays_of
from apps.administration.selectors.settings import (
    change_at,
    place_of_role,
    settings_detail,
)
from apps.administration.selectors.settings import settings_list as list_settings
from apps.administration.selectors.settings_changes import right_to_change
from apps.administration.services.settings import (
    Assessed,
    Change,
    PlanMoved,
    assess_changes,
    change_settings,
    digest_of_plan,
)
from apps.administration.services.settings_file import export_settings_list
from apps.administration.settings_table import settings_lines
from apps.common.access import Permission, Provider
from apps.common.decision import Decision
from apps.common.errors import NotAllowed
from apps.common.lookup import as_id
from apps.common.web.files import csv_file
from apps.common.web.forms import form_page, sent
from apps.common.web.searching import words_in
from apps.roles.models import Resource, RoleDefinition, SettingsChange
from apps.roles.policy.plain import from_plain
from apps.roles.selectors import Settings, history_of, settings_at
from apps.roles.web import place_of


@dataclass(frozen=True)
class Spot:
    """The role and the place that a page of settings is about."""

    role: RoleDefinition
    resource: Resource | None

    @property
    def first_step(self) -> str:
        """What a button says that sets values here for the first time."""
        return "Make own" if self.resource else "Edit"

    @property
    def step_back(self) -> str:
        return "Use inherited again" if self.resource else "Use the defaults again"

    def change(self, wanted: Any) -> Change:
        return Change(self.role, self.resource, wanted)


@dataclass(frozen=True)
class Entry:
    """One change of the history, field by field."""

    change: SettingsChange

    @property
    def differences(self) -> list[Comparison]:
        return diff(from_plain(self.change.before), from_plain(self.change.after))


@require_safe
def settings_list(request: HttpRequest, provider: Provider) -> HttpResponse:
    place = place_of(request, provider, Permission.SETTINGS_READ)
    q = words_in(request.GET)
    found = list_settings(request.access, provider, place.resource, q=q, after=request.GET.get("after", ""))
    context = {
        "found": found,
        "page": found.page,
        "q": q,
        "chosen": {"q": q},
        "can_change_many": place.can_open(request.access, Permission.SETTINGS_MANAGE),
    }
    return render(request, "administration/settings.html", context)


@require_POST
def export_list(request: HttpRequest, provider: Provider) -> HttpResponseBase:
    """The list as a file; a POST, as it writes down who took it."""
    place = place_of(request, provider, Permission.SETTINGS_READ)
    q = words_in(request.POST)
    found = export_settings_list(place, actor=actor_of(request), q=q, now=request.now)
    return csv_file(settings_lines(found), name="settings", now=request.now)


@require_safe
def role_settings(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponse:
    """The rules by tab, with where they come from; after a change, what it changed."""
    spot = spot_of(request, provider, pk)
    detail = settings_detail(spot.role, spot.resource, now=request.now)
    changed = change_at(spot.role, spot.resource, as_id(request.GET.get("changed", "")))
    context = {
        "spot": spot,
        "detail": detail,
        "tabs": [(tab, detail.lines(tab)) for tab in Tab if tab != Tab.NOTIFICATION],
        "can_change": may_change(request, spot),
        "changed": Entry(changed) if changed else None,
    }
    return render(request, "administration/role_settings.html", context)


@form_page
def edit(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponse:
    """All rules in one form. What asks for no less than before is saved at once; what does is shown first,
    and so is everything when Preview is pressed, or when somebody else has changed something meanwhile."""
    spot = spot_of(request, provider, pk)
    may_change(request, spot).require()
    present = settings_at(spot.role, spot.resource)
    form = SettingsForm(sent(request), request=request, provider=provider, rules=present.rules)
    if not form.is_valid():
        return _edit_page(request, spot, present, form)
    change = spot.change(form.rules)
    actor = actor_of(request, form.second_factor)
    (assessed,) = assess_changes([change], actor=actor, now=request.now)
    present = assessed.before  # somebody may have changed it since
    is_stale = request.POST.get("base") != _base_of(present)
    if is_stale or _wants_preview(request, assessed):
        _refuse(form, assessed)
        return _edit_page(request, spot, present, form, assessed, is_stale=is_stale)
    with form.taking_refusals():
        try:
            change_settings([change], actor=actor, now=request.now, digest=digest_of_plan([assessed]))
        except PlanMoved as moved:
            return _edit_page(request, spot, moved.plan[0].before, form, moved.plan[0], is_stale=True)
        return to_the_settings(request, spot)
    return _edit_page(request, spot, present, form)


# ---- Parts, also of the pages of the history ---------------------------------------------------------------


def spot_of(request: HttpRequest, provider: Provider, pk: UUID) -> Spot:
    """The role of this provider, in the place that the address names, for whoever may see settings there."""
    place = place_of(request, provider, Permission.SETTINGS_READ)
    role = get_object_or_404(RoleDefinition, provider=provider, pk=pk)
    return Spot(role, place_of_role(role, place.resource))


def may_change(request: HttpRequest, spot: Spot) -> Decision:
    return right_to_change(spot.role, spot.resource, actor=actor_of(request), now=request.now)


def _base_of(present: Settings) -> str:
    """A short name for what was in force when a form was shown."""
    unchanged = Change(present.role, present.resource, None)
    return digest_of_plan([Assessed.nothing(unchanged, present)])


def _wants_preview(request: HttpRequest, assessed: Assessed) -> bool:
    if "preview" in request.POST:
        return True
    return assessed.is_loosened and request.POST.get("plan") != digest_of_plan([assessed])


def _refuse(form: SettingsForm, assessed: Assessed) -> None:
    """What would be refused, at the fields; that a code is missing is no fault of a preview."""
    if refusals := assessed.without_factor.refusals:
        form.add_domain_error(NotAllowed(refusals))


def to_the_settings(request: HttpRequest, spot: Spot) -> HttpResponse:
    """Back to the page of the settings, which shows what was changed."""
    latest = history_of(spot.role, spot.resource).filter(at=request.now).first()
    page = redirect("administration:role_settings", spot.role.provider, spot.role.pk)
    query = {"on": spot.resource.pk} if spot.resource else {}
    if latest is not None:
        query["changed"] = latest.pk
    page["Location"] += f"?{urlencode(query)}" if query else ""
    return page


def preview_of(request: HttpRequest, assessed: Assessed) -> dict[str, Any]:
    """What a change would do, as its page shows it."""
    change = assessed.change
    (replay,) = replays_of([Trial(change.role, change.resource, assessed.after)], now=request.now)
    return {"assessed": assessed, "plan": digest_of_plan([assessed]), "replay": replay}


def _edit_page(
    request: HttpRequest,
    spot: Spot,
    present: Settings,
    form: SettingsForm,
    assessed: Assessed | None = None,
    *,
    is_stale: bool = False,
) -> HttpResponse:
    context = {
        "spot": spot,
        "present": present,
        "form": form,
        "base": _base_of(present),
        "is_stale": is_stale,
        "fresh_until": fresh_until(request),
    }
    if assessed is not None and not form.errors:
        context |= preview_of(request, assessed)
    status = 409 if is_stale else form.status
    return render(request, "administration/settings_edit.html", context, status=status)
