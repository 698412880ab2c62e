"""Answering lines: confirm once that it is me, then one by one, many at once, or as recommended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_POST

from apps.access_requests.asks import Actor
from apps.access_requests.web import actor_of
from apps.accounts.web import begin_work
from apps.common import instants
from apps.common.errors import Conflict, NotAllowed
from apps.common.text import counted
from apps.common.web.forms import PortalForm, form_page, sent
from apps.reviews.forms.reviewing import AnswerForm, AnswerManyForm, FollowForm, StartForm
from apps.reviews.models import Decision
from apps.reviews.policy.answering import NOT_YOURS
from apps.reviews.selectors.reviewing import Front, Line, line_shown, recommended_on
from apps.reviews.services.answering import Said, answer_lines, follow_recommendations
from apps.reviews.states import Answer
from apps.reviews.views.reviewing import (
    address_of,
    begun_with,
    for_its_reviewers,
    line_context,
    lines_page,
    work_name,
)

CLOSED = "This review is closed. What was decided stands; nothing was changed now."


@dataclass(frozen=True)
class Problem:
    """Why nothing was saved."""

    text: str
    status: int


@require_POST
@for_its_reviewers
def start(request: HttpRequest, front: Front) -> HttpResponse:
    """Confirm that it is me: once for this round, in this session."""
    form = StartForm(request.POST, request=request, factor_required=True)
    if not form.is_valid():
        return lines_page(request, front, _asked(request), start=form, status=form.status)
    begin_work(request, work_name(front), form.second_factor)
    return redirect(address_of(front, _asked(request)))


@require_POST
@for_its_reviewers
def answer(request: HttpRequest, front: Front, line: UUID) -> HttpResponse:
    """One line, at once. Without htmx the list comes back, at that line."""
    form = AnswerForm(request.POST)
    seen = {line: form.cleaned_data["seen"]} if form.is_valid() else {}
    problem = _save(request, front, form, seen)
    if problem is None and not request.htmx:
        return redirect(f"{address_of(front, _asked(request))}#line-{line}")
    after = _after(request, line_shown(front, line), seen.get(line, 0), problem)
    status = problem.status if problem else 200
    if request.htmx:
        context = line_context(request, front) | {"line": after, "asked": _asked(request).urlencode()}
        return render(request, "reviews/_line_answered.html", context, status=status)
    return lines_page(
        request, front, _asked(request), wrong={line: after}, problem=after.error, status=status
    )


@require_POST
@for_its_reviewers
def answer_many(request: HttpRequest, front: Front) -> HttpResponse:
    """One answer and one reason on all lines that were ticked: all of them, or none."""
    form = AnswerManyForm(request.POST)
    seen: dict[UUID, int] = form.cleaned_data["pick"] if form.is_valid() else {}
    if problem := _save(request, front, form, seen):
        return lines_page(
            request,
            front,
            _asked(request),
            problem=problem.text,
            many={"picked": set(request.POST.getlist("pick")), "reason": request.POST.get("reason", "")},
            status=problem.status,
        )
    answered: Answer = form.cleaned_data["answer"]
    messages.success(request, f"{counted(len(seen), 'line')}: {answered.past}.")
    return redirect(address_of(front, _asked(request)))


@form_page
@for_its_reviewers
def recommendations(request: HttpRequest, front: Front) -> HttpResponse:
    """What following the recommendations would do; then so many lines with each press."""
    if not front.terms.recommends:
        raise Http404
    if not front.is_open:
        return lines_page(request, front, QueryDict(), problem=CLOSED, status=409)
    form = FollowForm(sent(request))
    status = 400 if form.errors else 200
    if form.is_valid():
        try:
            count = follow_recommendations(
                front.round.pk, form.cleaned_data["digest"], actor=_reviewer(request, front), now=request.now
            )
        except (Conflict, NotAllowed) as error:
            form.add_domain_error(error)
            status = 409 if isinstance(error, Conflict) else 400
        else:
            messages.success(request, f"{counted(count, 'line')} answered as recommended.")
            return redirect(_onwards(front))
    context = line_context(request, front) | {"form": form, "found": recommended_on(front)}
    return render(request, "reviews/recommendations.html", context, status=status)


# ---- Parts -------------------------------------------------------------------------------------------------


def _save(request: HttpRequest, front: Front, form: PortalForm, seen: Mapping[UUID, int]) -> Problem | None:
    """Write what the form says on the lines that were seen; nothing is wrong where it was written. Raises
    `NotAllowed` for lines that are not theirs, or not of this round."""
    if not front.is_open:
        return Problem(CLOSED, 409)
    if form.errors:
        return Problem(" ".join(text for texts in form.errors.values() for text in texts), 400)
    if front.lines.filter(pk__in=seen).count() != len(seen):
        raise NotAllowed((NOT_YOURS,))
    data = form.cleaned_data
    said = [Said(id_, data["answer"], data["reason"], version) for id_, version in seen.items()]
    try:
        answer_lines(said, actor=_reviewer(request, front), now=request.now)
    except NotAllowed as error:
        return Problem(str(error), 400)
    except Conflict as error:
        return Problem(str(error), 409)
    return None


def _reviewer(request: HttpRequest, front: Front) -> Actor:
    return actor_of(request, begun_with(request, front))


def _after(request: HttpRequest, line: Line | None, seen: int, problem: Problem | None) -> Line:
    """The line as it is now. What was not taken is told, and what was typed is not lost."""
    if line is None:
        raise NotAllowed((NOT_YOURS,))
    if problem is None:
        return line
    text = problem.text
    if problem.status == 409 and line.decision and line.version != seen:
        text = _faster(line.decision, request)
    return replace(line, error=text, typed=request.POST.get("reason", ""))


def _faster(decision: Decision, request: HttpRequest) -> str:
    at = instants.short(decision.decided_at, get_current_timezone(), now=request.now)
    answered = Answer(decision.answer).past.lower()
    return f"{decision.decided_by.name} was faster: {answered}, {at}. Your answer was not saved."


def _asked(request: HttpRequest) -> QueryDict:
    """How the list was narrowed on the page from which this was sent."""
    return QueryDict(request.POST.get("asked", "")[:1000])


def _onwards(front: Front) -> str:
    """To the next lines, as long as there are any."""
    if recommended_on(front).items:
        return reverse("reviews:recommendations", args=[front.round.pk])
    return address_of(front)
