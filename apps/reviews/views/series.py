"""Changing a series of reviews, and what else its keepers do with it: end, delete, restore, take over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.access_requests.web import actor_of
from apps.accounts.web import ConfirmForm, fresh_until
from apps.common.decision import Decision
from apps.common.web.forms import form_page, sent
from apps.reviews.forms.setting_up import ReviewForm, initial_of
from apps.reviews.models import Review
from apps.reviews.policy import keeping as rules
from apps.reviews.selectors.keeping import facts_of
from apps.reviews.selectors.preview import preview_of
from apps.reviews.selectors.terms import calendar_of, terms_of
from apps.reviews.services import keeping
from apps.reviews.services.setting_up import change_review
from apps.reviews.views.setting_up import form_response, offer_to
from apps.reviews.views.standing import visible_review


@dataclass(frozen=True)
class Step:
    """Something that is asked about first: its button, what it means, and what was done."""

    label: str
    icon: str
    lead: str
    rule: Callable[[rules.ReviewFacts], Decision]
    command: Callable[..., Review]
    done: str
    is_grave: bool = False


END = Step(
    "End series",
    "stop-circle",
    "No further round starts. One that runs goes on to its end. To begin again, set a new review up.",
    rules.can_end,
    keeping.end_review,
    "{} has ended.",
    is_grave=True,
)
DELETE = Step(
    "Delete",
    "trash",
    "It runs no more: a round in progress is cancelled and nothing of it applied. For "
    f"{rules.DELETED_KEPT_DAYS} days it can be restored, then its rounds and decisions are gone. The audit "
    "log keeps what was done.",
    rules.can_delete,
    keeping.delete_review,
    f"{{}} is deleted. It can be restored for {rules.DELETED_KEPT_DAYS} days.",
    is_grave=True,
)
RESTORE = Step(
    "Restore",
    "arrow-counterclockwise",
    "Its series goes on with the next round. A round that was cancelled stays so.",
    rules.can_restore,
    keeping.restore_review,
    "{} is restored.",
)
TAKE_OVER = Step(
    "Take over",
    "person-check",
    "You own it then: it removes access in your right, and its mails come to you.",
    rules.can_take_over,
    keeping.take_over,
    "{} is yours.",
)


def decisions_on(request: HttpRequest, review: Review) -> dict[str, Decision]:
    """What somebody may do with the series, for the buttons of its pages."""
    facts = _facts(request, review)
    steps = {"end": END, "delete": DELETE, "restore": RESTORE, "take_over": TAKE_OVER}
    return {"change": rules.can_change(facts)} | {name: step.rule(facts) for name, step in steps.items()}


@form_page
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form that set it up, as it stands now; for the rounds to come."""
    review = visible_review(request, pk)
    rules.can_change(_facts(request, review)).require()
    terms, calendar = terms_of(review), calendar_of(review)
    offer = offer_to(request, request.place, picked={scope.resource_id for scope in terms.scopes})
    form = ReviewForm(
        sent(request), request=request, offer=offer, calendar=calendar, initial=initial_of(terms, calendar)
    )
    preview = None
    if form.is_valid():
        actor = actor_of(request, form.second_factor)
        typed = {"terms": form.terms, "calendar": form.calendar, "actor": actor, "now": request.now}
        with form.taking_refusals():
            if not form.is_preview:
                change_review(review.pk, **typed, seen=_seen(request))
                messages.success(request, "Saved. It counts from the next round on.")
                return redirect(review)
            preview = preview_of(**typed)
    seen = _seen(request) if form.is_bound or form.is_filling else review.version
    context = {"review": review, "seen": seen, "runs": review.rounds.running().exists()}
    may = decisions_on(request, review)
    return form_response(request, "reviews/change.html", form, preview=preview, may=may, **context)


def _seen(request: HttpRequest) -> int:
    """The version that the form was filled from; what is no number is none."""
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0


@form_page
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _confirm(request, pk, END)


@form_page
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _confirm(request, pk, DELETE)


@form_page
def restore(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _confirm(request, pk, RESTORE)


@form_page
def take_over(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _confirm(request, pk, TAKE_OVER)


def _confirm(request: HttpRequest, pk: UUID, step: Step) -> HttpResponse:
    review = visible_review(request, pk)
    step.rule(_facts(request, review)).require()
    form = ConfirmForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            step.command(review.pk, actor=actor_of(request, form.second_factor), now=request.now)
            messages.success(request, step.done.format(review.name))
            return redirect(review)
    context = {"form": form, "fresh_until": fresh_until(request), "review": review, "step": step}
    return render(request, "reviews/series_step.html", context, status=form.status)


def _facts(request: HttpRequest, review: Review) -> rules.ReviewFacts:
    return facts_of(review, actor=actor_of(request), now=request.now)
