"""Where the pages about one review stand: in the frame of the place that it is about."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from apps.common.access import Permission, Provider
from apps.reviews.models import Review, ReviewScope
from apps.reviews.models.reviews import reading
from apps.roles.web import place_on, stand_in


def visible_review(request: HttpRequest, pk: UUID) -> Review:
    """The review, for whoever sees it, with the frame of its place around the page. Raises `Http404`."""
    review = get_object_or_404(Review.objects.select_related("owner"), pk=pk)
    stand_at(request, review)
    return review


def stand_at(request: HttpRequest, review: Review) -> None:
    """In its one resource; where it is about several, or about the directory, in the provider of the first.
    Raises `Http404` for whoever may read reviews on none of them."""
    scopes = ReviewScope.objects.filter(reading(request.access), review=review).select_related("resource")
    resources = dict.fromkeys(scope.resource for scope in scopes.order_by("resource__name", "id"))
    if not resources:
        raise Http404
    first = next(iter(resources))
    provider = Provider(first.provider)
    if len(resources) == 1 and provider != Provider.DIRECTORY:
        place_on(request, provider, first.pk, Permission.REVIEWS_READ)
    else:
        stand_in(request, provider)
