"""Home."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.access_requests.selectors.my_roles import lately_used
from apps.access_requests.web import my_roles_of, waiting_of
from apps.accounts.selectors import has_second_factor
from apps.administration.selectors.checklist import checklist_for
from apps.reviews.selectors.listing import any_review
from apps.reviews.selectors.reviewing import MyRound, my_rounds
from apps.reviews.web import reviewing_of

_SHOWN = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, what is active, and what I may want again."""
    roles = my_roles_of(request)
    waiting = waiting_of(request)
    to_review = _to_review(request)
    context = {
        "to_review": to_review,
        "waiting_count": waiting.count + len(to_review),
        "to_decide": waiting.oldest(_SHOWN),
        "to_decide_count": waiting.count,
        "active_now": roles.activated,
        "active_count": len(roles.active),
        "my_waiting_count": len(waiting.mine),
        "eligible_count": len(roles.eligible),
        "needs_factor": not has_second_factor(request.user),
        "checklist": checklist_for(request.user, request.access, reviews=any_review(), now=request.now),
        "lately_used": lately_used(roles.eligible, request.user),
    }
    return render(request, "portal/home.html", context)


def _to_review(request: HttpRequest) -> list[MyRound]:
    """Open reviews with something undecided for me. Most have none, which the menu has asked already."""
    reviewing = reviewing_of(request)
    if not reviewing.waiting_count:
        return []
    return [row for row in my_rounds(reviewing).open if row.progress.undecided]
