"""Review access: my reviews, and the lines of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.accounts.policy import SecondFactor
from apps.accounts.web import work_factor
from apps.common.lookup import present
from apps.common.web.searching import words_in
from apps.reviews.forms.reviewing import ANSWERS, StartForm
from apps.reviews.policy.answering import has_begun
from apps.reviews.selectors.reviewing import (
    Front,
    Line,
    Search,
    Show,
    Sort,
    counts_of,
    front_of,
    lines_shown,
    my_rounds,
    progress_of,
)
from apps.reviews.web import reviewing_of

View = Callable[..., HttpResponse]


def for_its_reviewers(view: View) -> View:
    """With the round as it lies in front of whoever asks. Whoever has no part in it sees nothing of it, not
    even whether there is one."""

    @wraps(view)
    def guarded(request: HttpRequest, pk: UUID, **named: Any) -> HttpResponse:
        front = front_of(reviewing_of(request), pk)
        if front is None:
            return render(request, "reviews/review_blocked.html", status=403)
        return view(request, front, **named)

    return guarded


@require_safe
def review_access(request: HttpRequest) -> HttpResponse:
    return render(request, "reviews/review_access.html", {"mine": my_rounds(reviewing_of(request))})


@require_safe
@for_its_reviewers
def lines(request: HttpRequest, front: Front) -> HttpResponse:
    """Where the link in the mail leads. It names the round and is no credential."""
    return lines_page(request, front, request.GET)


def lines_page(
    request: HttpRequest,
    front: Front,
    asked: QueryDict,
    *,
    start: StartForm | None = None,
    wrong: Mapping[UUID, Line] | None = None,
    many: Mapping[str, Any] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The list as `asked` narrows it. `wrong`: lines with what could not be saved on them; `many`: what was
    ticked and typed for many; `problem`: why nothing was saved."""
    search = _search(asked)
    found = lines_shown(front, search, after=asked.get("after", ""))
    counts = counts_of(front)
    context = line_context(request, front) | {
        "start": start or StartForm(request=request, factor_required=True),
        "lines": [_as_sent(line, wrong or {}, many or {}) for line in found.lines],
        "page": found.page,
        "search": search,
        "tabs": [(show.value, show.label, counts[show]) for show in Show if _is_offered(show, front, counts)],
        "sorts": Sort.choices,
        "asked": asked.urlencode(),
        "many": many or {},
        "problem": problem,
    }
    return render(request, "reviews/lines.html", context, status=status)


def line_context(request: HttpRequest, front: Front) -> dict[str, Any]:
    """What the page needs, and one line of it alone."""
    return {
        "round": front.round,
        "terms": front.terms,
        "is_open": front.is_open,
        "is_with_others": front.is_with_others,
        "has_begun": is_begun(request, front),
        "answers": ANSWERS,
        "progress": progress_of(front),
        # Who has not signed in since shows in another colour.
        "away_before": present(front.round.opened_at) - timedelta(days=front.terms.look_back_days),
    }


def begun_with(request: HttpRequest, front: Front) -> SecondFactor:
    return work_factor(request, work_name(front))


def is_begun(request: HttpRequest, front: Front) -> bool:
    factor = begun_with(request, front)
    return has_begun(factor, now=request.now, max_age_seconds=settings.SECOND_FACTOR_MAX_AGE)


def work_name(front: Front) -> str:
    """Reviewing this round, in the session."""
    return f"review:{front.round.pk}"


def address_of(front: Front, asked: QueryDict | None = None) -> str:
    query = asked.urlencode() if asked else ""
    return reverse("reviews:lines", args=[front.round.pk]) + (f"?{query}" if query else "")


def _search(asked: QueryDict) -> Search:
    """What the address asks for; a filter or an order that there is not is none."""
    show, sort = asked.get("show", ""), asked.get("sort", "")
    return Search(
        show=Show(show) if show in Show.values else Show.ALL,
        sort=Sort(sort) if sort in Sort.values else Sort.PERSON,
        q=words_in(asked),
    )


def _as_sent(line: Line, wrong: Mapping[UUID, Line], many: Mapping[str, Any]) -> Line:
    """With what could not be saved on it, and ticked as long as it is what was ticked."""
    key = f"{line.item.pk}:{line.version}"
    return replace(wrong.get(line.item.pk, line), is_picked=key in many.get("picked", ()))


def _is_offered(show: Show, front: Front, counts: Mapping[Show, int]) -> bool:
    """Filters that show something; that of recommendations only where the review makes some."""
    if show in (Show.ALL, Show.UNDECIDED):
        return True
    return bool(counts[show]) and (show != Show.DENY or front.terms.recommends)
