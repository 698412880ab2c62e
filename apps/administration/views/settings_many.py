"""The settings of many roles and places at once: copied from one, or a few values for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.administration.forms.settings_many import ManyForm, TargetsForm
from apps.administration.policy.settings import may_manage
from apps.administration.policy.settings_values import with_cells, with_values
from apps.administration.selectors.settings_many import places_offered, roles_of, targets_of
from apps.administration.selectors.settings_plan import changes_to
from apps.administration.views.settings import Spot, spot_of
from apps.administration.web import plan_page
from apps.common.access import Permission, Provider
from apps.common.lookup import as_ids
from apps.common.web.forms import form_page, sent
from apps.common.web.searching import words_in
from apps.roles.policy.rules import RoleRules
from apps.roles.selectors import settings_at
from apps.roles.web import Place, place_of

_NOT_CARRIED = {"csrfmiddlewaretoken", "apply", "digest", "code", "find"}


@form_page
def copy(request: HttpRequest, provider: Provider, pk: UUID) -> HttpResponse:
    """All settings of one role in one place, for others."""
    spot = spot_of(request, provider, pk)
    request.place.can_open(request.access, Permission.SETTINGS_MANAGE).require()
    form = _form(TargetsForm, request, request.place, besides=spot)
    context = {
        "form": form,
        "spot": spot,
        "heading": f"Copy the settings of {spot.role.name}",
        "lead": f"As they are on {request.place.name}: every rule, approvers and notifications too.",
    }
    if not form.is_valid():
        return _choice_page(request, form, context)
    rules = settings_at(spot.role, spot.resource).rules
    back = reverse("administration:role_settings", args=[provider, pk]) + request.place.query
    return _plan_page(request, form, lambda _: rules, context, back)


@form_page
def many(request: HttpRequest, provider: Provider) -> HttpResponse:
    """A few settings for many roles; what is not chosen stays as it is, each for itself."""
    place = place_of(request, provider, Permission.SETTINGS_MANAGE)
    form = _form(ManyForm, request, place)
    context = {
        "form": form,
        "heading": "Change many",
        "lead": "Choose settings, and the roles that get them. All others stay as they are.",
    }
    if not form.is_valid():
        return _choice_page(request, form, context)
    values, cells = form.cleaned_data["values"], form.cleaned_data["cells"]
    back = reverse("administration:settings", args=[provider]) + place.query
    return _plan_page(
        request, form, lambda rules: with_cells(with_values(rules, values), cells), context, back
    )


def _form(
    form_class: type[TargetsForm], request: HttpRequest, place: Place, *, besides: Spot | None = None
) -> TargetsForm:
    """In the directory a role stands in one place: its own settings are not copied `besides` it."""
    is_directory = place.provider == Provider.DIRECTORY
    own = besides.role if besides and is_directory else None
    return form_class(
        sent(request),
        roles=[role for role in roles_of(place.provider) if role != own],
        places=[] if is_directory else _places(request, place),
        may_everywhere=is_directory
        or (place.resource is None and bool(may_manage(request.access, place.provider, ""))),
    )


def _places(request: HttpRequest, place: Place) -> list[Any]:
    return places_offered(
        request.access,
        place.provider,
        on=place.resource,
        q=words_in(request.POST),
        picked=as_ids(request.POST.getlist("places")),
    )


def _choice_page(request: HttpRequest, form: TargetsForm, context: dict[str, Any]) -> HttpResponse:
    return render(request, "administration/settings_choose.html", context, status=form.status)


def _plan_page(
    request: HttpRequest,
    form: TargetsForm,
    wanted_on: Callable[[RoleRules], RoleRules],
    context: dict[str, Any],
    back: str,
) -> HttpResponse:
    targets = targets_of(form.cleaned_data["roles"], form.cleaned_data["places"])
    carried = [
        (name, value) for name, values in request.POST.lists() if name not in _NOT_CARRIED for value in values
    ]
    return plan_page(
        request,
        changes_to(targets, wanted_on),
        template="administration/settings_plan.html",
        context={**context, "carried": carried, "back": back},
        back=back,
    )
