"""Setting an access review up, and changing its series."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.access_requests.web import actor_of
from apps.accounts.web import fresh_until
from apps.common.access import Permission, Provider
from apps.common.lookup import as_ids
from apps.common.web.forms import form_page, sent
from apps.common.web.searching import words_in
from apps.reviews.forms.setting_up import ReviewForm, scope_key
from apps.reviews.policy.templates import TEMPLATES, Template, template_called
from apps.reviews.selectors.offering import Offer, offer_for
from apps.reviews.selectors.preview import preview_of
from apps.reviews.services.setting_up import create_review
from apps.roles.web import Place, place_of


@form_page
def create(request: HttpRequest, provider: Provider) -> HttpResponse:
    place = place_of(request, provider, Permission.REVIEWS_MANAGE)
    template = template_called(request.GET.get("template", ""))
    offer = offer_to(request, place)
    initial = _filled(template, offer, place) if template else {}
    form = ReviewForm(sent(request), request=request, offer=offer, initial=initial)
    preview = None
    if form.is_valid():
        actor = actor_of(request, form.second_factor)
        typed = {"terms": form.terms, "calendar": form.calendar, "actor": actor, "now": request.now}
        with form.taking_refusals():
            if not form.is_preview:
                review = create_review(**typed)
                messages.success(request, f"{review.name} is set up.")
                return redirect(review)
            preview = preview_of(**typed)
    context = {"templates": TEMPLATES, "template": template}
    return form_response(request, "reviews/create.html", form, preview=preview, **context)


def form_response(request: HttpRequest, page: str, form: ReviewForm, **more: Any) -> HttpResponse:
    context = {"form": form, "fresh_until": fresh_until(request), **more}
    return render(request, page, context, status=form.status)


def offer_to(request: HttpRequest, place: Place, *, picked: Collection[UUID] = ()) -> Offer:
    """What was found for the words that were typed, and what is picked, wherever it is: `picked` is what was
    before anything was sent."""
    if request.method == "POST":
        picked = as_ids(value.partition(":")[2] for value in request.POST.getlist("scopes"))
    return offer_for(request.access, place, q=words_in(request.POST), picked=picked)


def _filled(template: Template, offer: Offer, place: Place) -> dict[str, Any]:
    """What the form begins with: the roles of the place are ticked."""
    at = [each for each in offer.places if each.resource == place.resource]
    if place.provider == Provider.DIRECTORY:
        at = [each for each in offer.places if each.resource.provider == Provider.DIRECTORY]
    keys = [
        scope_key(role.pk, each.resource.pk)
        for each in at
        for role in each.roles
        if role.is_privileged or not template.privileged_only
    ]
    return {**template.values, "scopes": keys}
