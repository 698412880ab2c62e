"""Two roles side by side, or a role and the defaults."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.administration.forms.settings_compare import DEFAULTS, CompareForm
from apps.administration.policy import settings_words
from apps.administration.selectors.settings import place_of_role
from apps.administration.selectors.settings_many import roles_of
from apps.common.access import Permission, Provider
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.rules import RoleRules, default_rules
from apps.roles.selectors import settings_at
from apps.roles.web import place_of


@require_safe
def compare(request: HttpRequest, provider: Provider) -> HttpResponse:
    place = place_of(request, provider, Permission.SETTINGS_READ)
    roles = roles_of(provider)
    first = {"one": str(roles[0].pk), "other": DEFAULTS}
    form = CompareForm({**first, **request.GET.dict()}, roles=roles)
    only = "only" in request.GET
    context = {
        "form": form,
        "only": only,
        "can_copy": place.can_open(request.access, Permission.SETTINGS_MANAGE),
    }
    if form.is_valid():
        one, other = form.cleaned_data["one"], form.cleaned_data["other"]
        rules = _rules(one, place.resource), _rules(other, place.resource, provider)
        differences = settings_words.diff(*rules)
        context |= {
            "one": one,
            "other": other,
            "count": len(differences),
            "lines": differences if only else settings_words.compare(*rules),
        }
    return render(request, "administration/settings_compare.html", context, status=form.status)


def _rules(role: RoleDefinition | None, resource: Resource | None, provider: str = "") -> RoleRules:
    if role is None:
        return default_rules(provider)
    return settings_at(role, place_of_role(role, resource)).rules
