"""The page Approve requests with its lists, the page of what can no longer be decided, and what is said."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.access_requests.models import AccessRequest, AccessRequestQuerySet
from apps.access_requests.selectors.deciding import decided_by
from apps.access_requests.selectors.waiting import page_of_waiting
from apps.access_requests.services.answering import Answer
from apps.access_requests.services.verdicts import Verdict, closing_words
from apps.access_requests.states import State
from apps.access_requests.web import NAMED_AT_MOST, waiting_of
from apps.common.lookup import as_id
from apps.common.paging import Page
from apps.common.text import counted

ACTIVATIONS, ASSIGNMENTS, DECIDED = "waiting", "assignments", "decided"
TABS = {ACTIVATIONS: "Role activations", ASSIGNMENTS: "Role assignments", DECIDED: "Decided by me"}


def list_page(
    request: HttpRequest, *, tab: str = "", selected: object = None, status: int = 200
) -> HttpResponse:
    """`selected` is the panel of the request that is open beside its list, if one is. Whoever names no tab
    gets the first in which something waits."""
    waiting = waiting_of(request)
    counts = {ACTIVATIONS: waiting.activations_count, ASSIGNMENTS: waiting.assignments_count}
    tab = tab or next((key for key, count in counts.items() if count), ACTIVATIONS)
    context = {
        "tab": tab,
        "tabs": [(key, label, counts.get(key)) for key, label in TABS.items()],
        "summary": counted(counts.get(tab) or 0, "request"),
        "page": _page(request, tab) if counts.get(tab) else None,
        "decided": decided_by(request.user, now=request.now) if tab == DECIDED else [],
        "selected": selected,
    }
    return render(request, "access_requests/approve_list.html", context, status=status)


def closed_page(request: HttpRequest, item: AccessRequest, state: State) -> HttpResponse:
    """Too late, decided or cancelled: a POST is refused as a conflict, a GET just says so."""
    context = {
        "item": item,
        "state": state,
        "sentence": closing_words(item, state, request.user, request.now),
    }
    status = 409 if request.method == "POST" else 200
    return render(request, "access_requests/approve_closed.html", context, status=status)


def picked(request: HttpRequest, rows: AccessRequestQuerySet) -> list[AccessRequest]:
    """Those of these that were ticked, or shown before and are answered now, the oldest first."""
    ids = {*request.POST.getlist("pick"), *(seen[:36] for seen in request.POST.getlist("seen"))}
    found = rows.filter(pk__in=filter(None, map(as_id, ids)))
    return list(found.with_names().order_by("created_at", "id"))


def _page(request: HttpRequest, tab: str) -> Page[AccessRequest]:
    waiting, after = waiting_of(request), request.GET.get("after", "")
    if tab == ASSIGNMENTS:
        return page_of_waiting(waiting.assignments, after=after)
    return waiting.page_of_activations(after=after)


def say_each(request: HttpRequest, answers: Iterable[Answer[Verdict]]) -> None:
    """What became of each of a few, or of how many; what came to nothing by its number, which is all that a
    person who may not see it knows of it."""
    answers = list(answers)
    decided = [answer.request for answer in answers if answer.request]
    settled = [item for item in decided if item.state != State.FAILED]
    if len(settled) > NAMED_AT_MOST:
        messages.success(request, f"{len(settled)} requests are {_outcome(settled[0])}.")
    for item in decided:
        if item.state == State.FAILED or len(settled) <= NAMED_AT_MOST:
            say_decided(request, item)
    for answer in answers:
        if answer.error:
            number = AccessRequest(pk=answer.asked.request_id).number
            messages.warning(request, f"{number}: {answer.error}")


def say_decided(request: HttpRequest, item: AccessRequest) -> None:
    who = f"{item.requester_name}'s request for {item.role.name}"
    if item.state == State.FAILED:
        messages.warning(request, f"{who} cannot be granted. {item.closing_reason}")
    else:
        messages.success(request, f"{who} is {_outcome(item)}.")


def _outcome(item: AccessRequest) -> str:
    return "denied" if item.state == State.DENIED else "approved"
