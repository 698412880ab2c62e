"""The reviews about a place, and one of them before its first round."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.common.access import Permission, Provider
from apps.common.web.searching import words_in
from apps.reviews.policy.keeping import DELETED_KEPT_DAYS
from apps.reviews.selectors.listing import Search, Tab, current_round, find_reviews, shown_scopes
from apps.reviews.selectors.results import count_by_hand
from apps.reviews.selectors.terms import calendar_of, scope_of, terms_of
from apps.reviews.states import RoundState
from apps.reviews.views.series import decisions_on
from apps.reviews.views.standing import visible_review
from apps.roles.web import place_of


@require_safe
def review_list(request: HttpRequest, provider: Provider) -> HttpResponse:
    place = place_of(request, provider, Permission.REVIEWS_READ)
    search = _search(request.GET)
    found = find_reviews(request.access, place, search, after=request.GET.get("after", ""), now=request.now)
    context = {
        "search": search,
        "found": found,
        "page": found.page,
        "tabs": [(tab.value, tab.label, found.counts[tab]) for tab in Tab],
        "by_hand": count_by_hand(request.access),
        "can_create": place.can_open(request.access, Permission.REVIEWS_MANAGE),
    }
    return render(request, "reviews/list.html", context)


@require_safe
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its round of now; where there is none, what it is."""
    row = visible_review(request, pk)
    round_ = None if row.deleted_at else current_round(row)
    if round_:
        return redirect(round_)
    terms = terms_of(row)
    context = {
        "review": row,
        "terms": terms,
        "scopes": [scope_of(scope) for scope in shown_scopes([row], request.access)[row.pk]],
        "in_words": calendar_of(row).in_words(terms.days),
        "may": decisions_on(request, row),
        "last": row.rounds.exclude(state=RoundState.NOT_STARTED).order_by("-number").first(),
        "gone_at": row.deleted_at and row.deleted_at + timedelta(days=DELETED_KEPT_DAYS),
    }
    return render(request, "reviews/review.html", context)


def _search(asked: QueryDict) -> Search:
    """What the address asks for. A tab that there is not is none."""
    tab = asked.get("tab", "")
    return Search(tab=Tab(tab) if tab in Tab.values else Tab.ALL, q=words_in(asked))
