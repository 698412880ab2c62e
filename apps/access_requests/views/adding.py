"""Add assignments, in two steps: which role, on what and for whom; then which kind, how long and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from apps.access_requests.asks import Ask, Said
from apps.access_requests.forms.assigning import AssignForm
from apps.access_requests.forms.membership import MembershipForm
from apps.access_requests.policy.changing import Limits, limiting
from apps.access_requests.services.answering import Answer
from apps.access_requests.services.door import submit_many
from apps.access_requests.states import Action
from apps.access_requests.web import actor_of, say_given
from apps.accounts.models import Principal
from apps.accounts.policy import zone_of
from apps.accounts.web import ANYBODY, PEOPLE, Pickable, fresh_until, next_url
from apps.common.access import Permission, Provider
from apps.common.errors import DomainError, NotAllowed
from apps.common.web.forms import form_page, sent
from apps.roles.models import Resource, RoleDefinition
from apps.roles.selectors import rules_for
from apps.roles.web import Place, place_of

SCOPES_OFFERED = 500


@dataclass(frozen=True)
class Membership:
    """What the first step chose."""

    role: RoleDefinition
    resource: Resource
    principals: list[Principal]


@form_page
def add_assignments(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Both steps stand at one address: what the first chose travels with the second."""
    place = place_of(request, provider, Permission.ASSIGNMENTS_MANAGE)
    first = _first_form(request, place)
    if not first.is_valid():
        return _first_page(request, place, first)
    chosen = Membership(**{name: first.cleaned_data[name] for name in ("role", "resource", "principals")})
    second = _second_form(request, chosen, request.POST if "kind" in request.POST else None)
    if not second.is_valid():
        return _second_page(request, place, chosen, second, status=second.status)
    asks = _asks(chosen, second.cleaned_data)
    answers = submit_many(asks, actor=actor_of(request, second.second_factor), now=request.now)
    return _answered(request, place, chosen, second, answers)


# ---- The first step ----------------------------------------------------------------------------------------


def _first_form(request: HttpRequest, place: Place) -> MembershipForm:
    is_back = "back" in request.POST
    initial = {
        "role": request.GET.get("role", ""),
        "resource": place.resource and place.resource.id,
        "principals": request.GET.getlist("principals"),
    }
    if is_back:
        initial = {"role": request.POST.get("role"), "resource": request.POST.get("resource")}
        initial["principals"] = request.POST.getlist("principals")
    return MembershipForm(
        None if is_back else sent(request),
        initial=initial,
        roles=list(RoleDefinition.objects.in_use().filter(provider=place.provider).order_by("name", "id")),
        resources=_resources(request, place),
        pickable=_pickable(place),
    )


def _resources(request: HttpRequest, place: Place) -> list[Resource]:
    """Where the visitor stands and what lies below; else everything that they may assign on."""
    rows = Resource.objects.in_use().visible_to(request.access, Permission.ASSIGNMENTS_MANAGE)
    if place.resource:
        rows = rows.below(place.resource)
    return list(rows.filter(provider=place.provider).order_by("path")[:SCOPES_OFFERED])


def _pickable(place: Place) -> Pickable:
    """Directory roles take only role-assignable groups, and those hold no groups."""
    group = place.resource.group if place.resource else None
    if group is not None and group.is_role_assignable:
        return PEOPLE
    return Pickable(role_assignable_only=True) if place.provider == Provider.DIRECTORY else ANYBODY


def _first_page(request: HttpRequest, place: Place, form: MembershipForm) -> HttpResponse:
    context = {"place": place, "form": form, **_ways_back(request, place)}
    return render(request, "access_requests/add_assignments.html", context, status=form.status)


# ---- The second step ---------------------------------------------------------------------------------------


def _second_form(request: HttpRequest, chosen: Membership, data: Any, **initial: Any) -> AssignForm:
    rules = limiting(rules_for(chosen.role, chosen.resource), chosen.resource.group)
    return AssignForm(
        data,
        request=request,
        initial=initial,
        limits=Limits.of([rules]),
        tz=zone_of(request.user),
        now=request.now,
    )


def _second_page(
    request: HttpRequest,
    place: Place,
    chosen: Membership,
    form: AssignForm,
    *,
    results: list[tuple[Principal, Answer[Ask]]] | None = None,
    status: int,
) -> HttpResponse:
    context = {
        "place": place,
        "form": form,
        "chosen": chosen,
        "results": results,
        "form_url": _form_url(request, place, chosen),
        **_ways_back(request, place),
        "fresh_until": fresh_until(request),
    }
    return render(request, "access_requests/add_assignments_settings.html", context, status=status)


def _asks(chosen: Membership, data: dict[str, Any]) -> list[Ask]:
    return [
        Ask(
            Action.ADMIN_ASSIGN,
            principal_id=principal.id,
            role_id=chosen.role.id,
            resource_id=chosen.resource.id,
            kind=data["kind"],
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            said=Said(data["justification"]),
        )
        for principal in chosen.principals
    ]


def _answered(
    request: HttpRequest, place: Place, chosen: Membership, form: AssignForm, answers: list[Answer[Ask]]
) -> HttpResponse:
    """Back to the list; what failed is offered again, with the reasons."""
    refused = [one for one, answer in zip(chosen.principals, answers, strict=True) if answer.error]
    if not refused:
        say_given(request, answers)
        tab = f"{'&' if place.query else '?'}tab={form.cleaned_data['kind']}"
        return redirect(next_url(request, f"{_list_url(place)}{tab}"))
    if _is_about_the_form([answer.error for answer in answers]):
        form.add_domain_error(answers[0].error)
        return _second_page(request, place, chosen, form, status=409)
    results = list(zip(chosen.principals, answers, strict=True))
    rest = Membership(chosen.role, chosen.resource, refused)
    again = _second_form(request, rest, None, **{name: request.POST.get(name) for name in form.typed})
    return _second_page(request, place, rest, again, results=results, status=409)


def _is_about_the_form(errors: list[DomainError | None]) -> bool:
    """Whether all failed for the same reasons: then it is what was filled in, and nobody in particular."""
    texts = {str(error) for error in errors}
    return len(texts) == 1 and (len(errors) == 1 or isinstance(errors[0], NotAllowed))


def _ways_back(request: HttpRequest, place: Place) -> dict[str, str]:
    """To the list that the page stands under, and to where one came from."""
    list_url = _list_url(place)
    return {"list_url": list_url, "back": next_url(request, list_url)}


def _list_url(place: Place) -> str:
    return reverse("access_requests:assignments", args=[place.provider]) + place.query


def _form_url(request: HttpRequest, place: Place, chosen: Membership) -> str:
    """Where the first step is shown anew with what was chosen, also after it was sent."""
    asked = {"role": chosen.role.id, "principals": [principal.id for principal in chosen.principals]}
    asked |= {"next": next_url(request, _list_url(place))}
    asked |= {"on": place.resource.id} if place.resource else {}
    address = reverse("access_requests:add_assignments", args=[place.provider])
    return f"{address}?{urlencode(asked, doseq=True)}"
