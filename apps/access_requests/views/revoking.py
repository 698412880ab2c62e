"""Taking everything from a person in one step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from apps.access_requests.asks import Said
from apps.access_requests.forms.assigning import RevokeForm
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.assignments import Line, assignments_to_change
from apps.access_requests.services.revoking import Revoked, revoke_all, to_revoke
from apps.access_requests.web import actor_of
from apps.accounts.models import User
from apps.accounts.web import fresh_until, next_url
from apps.common.access import Permission, Provider, can_open
from apps.common.web.forms import form_page, sent

_STAYING_NAMED = 5


@dataclass(frozen=True)
class Seen:
    """What a person has, as far as the visitor may see it."""

    lines: list[Line]
    requests: list[AccessRequest]

    def shows(self, each: Revoked) -> bool:
        rows = {line.item.pk for line in self.lines} | {item.pk for item in self.requests}
        return (each.assignment or each.request).pk in rows  # type: ignore[union-attr]


@form_page
def revoke_everything(request: HttpRequest, pk: UUID) -> HttpResponse:
    """GET shows what the person has, POST takes what the visitor may take, with one reason for all."""
    can_open(request.access, Permission.ASSIGNMENTS_MANAGE).require()
    person = get_object_or_404(User, pk=pk)
    seen = _seen(request, person)
    form = RevokeForm(sent(request), request=request)
    if form.is_valid():
        done = revoke_all(
            person,
            actor=actor_of(request, form.second_factor),
            said=Said(form.cleaned_data["justification"]),
            now=request.now,
        )
        _say(request, person, [each for each in done if seen.shows(each)])
        return redirect(next_url(request, "access_requests:my_roles"))
    context = {
        "person": person,
        "seen": seen,
        "form": form,
        "back": next_url(request, "access_requests:my_roles"),
        "fresh_until": fresh_until(request),
    }
    return render(request, "access_requests/revoke_all.html", context, status=form.status)


def _seen(request: HttpRequest, person: User) -> Seen:
    """Raises `Http404` for a person of whom the visitor sees nothing, and does not see everybody."""
    rows, asked = to_revoke(person, now=request.now)
    lines = assignments_to_change([row.id for row in rows], request.access, now=request.now)
    visible = AccessRequest.objects.visible_to(request.user, request.access)
    ids = set(visible.filter(pk__in=[item.pk for item in asked]).values_list("pk", flat=True))
    requests = [item for item in asked if item.pk in ids]
    if not (lines or requests or request.access.may_in(Permission.ASSIGNMENTS_READ, Provider.DIRECTORY)):
        raise Http404
    return Seen(lines, requests)


def _say(request: HttpRequest, person: User, done: Iterable[Revoked]) -> None:
    done = list(done)
    staying = [each for each in done if each.error]
    messages.success(request, f"{person.name}: {len(done) - len(staying)} revoked.")
    for each in staying[:_STAYING_NAMED]:
        what = each.assignment or each.request
        messages.warning(request, f"{what.role.name} on {what.resource.name} stays. {each.error}")
    if len(staying) > _STAYING_NAMED:
        messages.warning(request, f"Others that stay: {len(staying) - _STAYING_NAMED}.")
