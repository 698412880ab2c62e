"""One round for those who administer its review: a tab for each question one has of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from apps.access_requests.web import actor_of
from apps.audit.web import log_page
from apps.common.access import Permission, can_open
from apps.common.web.searching import words_in
from apps.reviews.models import Round
from apps.reviews.policy.plain import settings_of
from apps.reviews.selectors.care import reviewers_of
from apps.reviews.selectors.progress import fullest_desks, rounds_of, tally_of, work_on
from apps.reviews.selectors.results import filters_of, results_of, search_for
from apps.reviews.selectors.rounds import RoundHead, events_about, round_head, terms_seen
from apps.reviews.selectors.terms import calendar_of, terms_of
from apps.reviews.views.series import decisions_on
from apps.reviews.views.standing import stand_at

TABS = (
    ("Overview", "reviews:round"),
    ("Results", "reviews:results"),
    ("Reviewers", "reviews:reviewers"),
    ("Settings", "reviews:round_settings"),
    ("Rounds", "reviews:rounds"),
    ("Audit", "reviews:round_audit"),
)


@require_safe
def overview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """While a worker is busy with the round, the page asks for that part of itself again."""
    head = visible_head(request, pk)
    work = work_on(head, now=request.now)
    if request.htmx:
        if work is None:
            return HttpResponseClientRefresh()
        return render(request, "reviews/_round_work.html", {"head": head, "work": work})
    context = {"work": work, "tally": tally_of(head), "bars": fullest_desks(head)}
    return _tab(request, "overview", head, **context)


@require_safe
def results(request: HttpRequest, pk: UUID) -> HttpResponse:
    head = visible_head(request, pk)
    search = search_for(request.GET.get("only", ""), words_in(request.GET))
    page, lines = results_of(head, search, after=request.GET.get("after", ""))
    tally = tally_of(head)
    context = {"search": search, "page": page, "lines": lines, "filters": filters_of(tally), "tally": tally}
    return _tab(request, "results", head, **context)


@require_safe
def reviewers(request: HttpRequest, pk: UUID) -> HttpResponse:
    head = visible_head(request, pk)
    q = words_in(request.GET)
    found = reviewers_of(head, q=q, after=request.GET.get("after", ""), now=request.now)
    context = {"found": found, "page": found.page, "q": q, "tally": tally_of(head)}
    return _tab(request, "reviewers", head, **context)


@require_safe
def settings(request: HttpRequest, pk: UUID) -> HttpResponse:
    head = visible_head(request, pk)
    later = terms_seen(terms_of(head.review), request.access)
    calendar = calendar_of(head.review).in_words(later.days)
    context = {
        "settings": settings_of(head.shown_terms, later),
        "calendar": calendar,
        "may": decisions_on(request, head.review),
    }
    return _tab(request, "settings", head, **context)


@require_safe
def series(request: HttpRequest, pk: UUID) -> HttpResponse:
    head = visible_head(request, pk)
    page, lines = rounds_of(head.review, request.access, after=request.GET.get("after", ""))
    return _tab(request, "rounds", head, page=page, lines=lines)


@require_safe
def audit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What happened to the review, and what was decided in this round of it."""
    head = visible_head(request, pk)
    can_open(request.access, Permission.AUDIT_READ).require()
    return _tab(request, "audit", head, **log_page(request, about=events_about(head.round)))


# ---- Parts -------------------------------------------------------------------------------------------------


def visible_head(request: HttpRequest, pk: UUID) -> RoundHead:
    """The round, for whoever sees it, with the frame of its place around the page. Raises `Http404`."""
    rows = Round.objects.visible_to(request.access).select_related("review__owner")
    round_ = get_object_or_404(rows, pk=pk)
    stand_at(request, round_.review)
    return round_head(round_, actor=actor_of(request), now=request.now)


def _tab(request: HttpRequest, name: str, head: RoundHead, **context: Any) -> HttpResponse:
    here = request.resolver_match.view_name
    tabs = [(label, view, view == here) for label, view in TABS]
    context = {"head": head, "round": head.round, "review": head.review, "tabs": tabs, **context}
    return render(request, f"reviews/{name}.html", context)
