"""What the administrators of a review do with a round: a page each that says what it does, and a code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from apps.access_requests.asks import Actor
from apps.access_requests.web import actor_of
from apps.accounts.web import ConfirmForm, fresh_until
from apps.common.decision import Decision
from apps.common.lookup import present
from apps.common.text import counted
from apps.common.web.forms import form_page, sent
from apps.common.zones import zone_named
from apps.reviews.forms.rounds import EndForm, ReviewersForm
from apps.reviews.policy.terms import Named
from apps.reviews.selectors.progress import tally_of
from apps.reviews.selectors.results import removal_by
from apps.reviews.selectors.reviewers import reviewers_to_tell
from apps.reviews.selectors.rounds import RoundHead
from apps.reviews.services import applying, keeping
from apps.reviews.states import Who
from apps.reviews.views.rounds import visible_head


@sensitive_post_parameters("code")
@form_page
def remind(request: HttpRequest, pk: UUID) -> HttpResponse:
    head = _allowed(request, pk, lambda head: head.may.remind)
    people = reviewers_to_tell(head.round, now=request.now)
    return _confirmed(request, head, "remind", keeping.remind_reviewers, _reminded, people=people)


def _reminded(people: int) -> str:
    return f"{counted(people, 'reviewer')} {'is' if people == 1 else 'are'} reminded."


@sensitive_post_parameters("code")
@form_page
def reset(request: HttpRequest, pk: UUID) -> HttpResponse:
    head = _allowed(request, pk, lambda head: head.may.reset)
    return _confirmed(request, head, "reset", keeping.reset_round, lambda _: "All decisions are taken back.")


@sensitive_post_parameters("code")
@form_page
def stop_stage(request: HttpRequest, pk: UUID) -> HttpResponse:
    head = _allowed(request, pk, lambda head: head.may.stop_stage)
    return _confirmed(request, head, "stop_stage", keeping.stop_stage, lambda _: "The stage is stopped.")


@sensitive_post_parameters("code")
@form_page
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    head = _allowed(request, pk, lambda head: head.may.stop)
    return _confirmed(request, head, "stop", keeping.stop_round, lambda _: "The round is stopped.")


@sensitive_post_parameters("code")
@form_page
def apply(request: HttpRequest, pk: UUID) -> HttpResponse:
    head = _allowed(request, pk, lambda head: head.may.apply)
    removal = removal_by(head.round)
    return _confirmed(
        request,
        head,
        "apply",
        applying.apply_round,
        lambda _: "The results are being applied.",
        removal=removal,
    )


# ---- Changes while it runs ---------------------------------------------------------------------------------


@sensitive_post_parameters("code")
@form_page
def move_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    head = _allowed(request, pk, lambda head: head.may.change)
    closes_at, zone = present(head.round.stage_closes_at), zone_named(head.review.time_zone)
    form = EndForm(sent(request), request=request, closes_at=closes_at, zone=zone)
    if form.is_valid():
        with form.taking_refusals():
            keeping.move_end(pk, closes_at=form.closes_at, actor=_actor(form), now=request.now)
            messages.success(request, "The end is changed.")
            return redirect("reviews:round_settings", pk)
    return _page(request, "move_end", head, form)


@sensitive_post_parameters("code")
@form_page
def change_reviewers(request: HttpRequest, pk: UUID) -> HttpResponse:
    head = _allowed(request, pk, lambda head: head.may.change)
    stage = head.terms.stage(head.round.stage)
    initial = {"reviewers": _ids(stage.reviewers), "fallback": _ids(stage.fallback)}
    is_selected = stage.who == Who.SELECTED
    form = ReviewersForm(sent(request), request=request, is_selected=is_selected, initial=initial)
    if form.is_valid():
        with form.taking_refusals():
            keeping.change_reviewers(
                pk,
                reviewers=form.named("reviewers"),
                fallback=form.named("fallback"),
                actor=_actor(form),
                now=request.now,
            )
            messages.success(request, "The reviewers of this round are changed.")
            return redirect("reviews:reviewers", pk)
    return _page(request, "change_reviewers", head, form, stage=stage)


# ---- Parts -------------------------------------------------------------------------------------------------


def _allowed(request: HttpRequest, pk: UUID, decides: Callable[[RoundHead], Decision]) -> RoundHead:
    head = visible_head(request, pk)
    decides(head).require()
    return head


def _confirmed(
    request: HttpRequest,
    head: RoundHead,
    page: str,
    command: Callable[..., Any],
    said: Callable[[Any], str],
    **context: Any,
) -> HttpResponse:
    form = ConfirmForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            messages.success(request, said(command(head.round.pk, actor=_actor(form), now=request.now)))
            return redirect(head.round)
    return _page(request, page, head, form, tally=tally_of(head), **context)


def _page(request: HttpRequest, name: str, head: RoundHead, form: ConfirmForm, **more: Any) -> HttpResponse:
    context = {"head": head, "round": head.round, "review": head.review, "form": form, **more}
    context["fresh_until"] = fresh_until(request)
    return render(request, f"reviews/round_{name}.html", context, status=form.status)


def _actor(form: ConfirmForm) -> Actor:
    return actor_of(form.request, form.second_factor)


def _ids(several: Iterable[Named]) -> list[UUID]:
    return [each.id for each in several]
