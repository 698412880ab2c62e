"""Denied access that the portal could not remove: the list of it, and noting that it is gone."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from apps.access_requests.web import actor_of
from apps.accounts.web import fresh_until
from apps.common.access import Permission, Provider, can_open
from apps.common.errors import Conflict
from apps.common.web.forms import form_page, sent
from apps.common.web.searching import words_in
from apps.reviews.forms.rounds import NoteForm
from apps.reviews.models import Item
from apps.reviews.selectors.keeping import right_over
from apps.reviews.selectors.results import left_by_hand
from apps.reviews.services.keeping import note_handled
from apps.roles.web import stand_in


@require_safe
def lines(request: HttpRequest) -> HttpResponse:
    _stand(request)
    q = words_in(request.GET)
    page, found = left_by_hand(request.access, q=q, after=request.GET.get("after", ""), now=request.now)
    return render(request, "reviews/by_hand.html", {"q": q, "page": page, "lines": found})


@sensitive_post_parameters("code")
@form_page
def note(request: HttpRequest, pk: UUID) -> HttpResponse:
    _stand(request)
    item = get_object_or_404(Item.objects.with_rows().visible_to(request.access), pk=pk)
    right_over([item.resource_id], request.access, now=request.now).require()
    if not item.is_left_by_hand:
        raise Conflict("Somebody has noted this already.")
    form = NoteForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            actor = actor_of(request, form.second_factor)
            note_handled(item.pk, note=form.cleaned_data["note"], actor=actor, now=request.now)
            messages.success(request, f"{item.role_name} of {item.holder_name} is noted as removed.")
            return redirect("reviews:by_hand")
    context = {"item": item, "form": form, "fresh_until": fresh_until(request)}
    return render(request, "reviews/note_handled.html", context, status=form.status)


def _stand(request: HttpRequest) -> None:
    """It is of no one place: it stands in the first provider in which one sees reviews."""
    can_open(request.access, Permission.REVIEWS_READ).require()
    stand_in(request, next(each for each in Provider if request.access.may_in(Permission.REVIEWS_READ, each)))
