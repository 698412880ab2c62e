"""Inviting somebody, and changing somebody: each a form with a fresh second factor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from apps.access_requests.web import actor_of
from apps.accounts.models import User
from apps.accounts.web import StepUpForm, fresh_until
from apps.administration.forms.people import ConfirmPersonForm, PersonForm
from apps.administration.policy.people import PersonDecisions, can_create_person, decisions_on
from apps.administration.selectors.disabling import disabling
from apps.administration.selectors.person import facts_of
from apps.administration.services import people
from apps.administration.views.person import visible_person
from apps.common.decision import Decision
from apps.common.errors import Conflict, DomainError
from apps.common.web.forms import form_page, sent

_INVITED = "They get a link to this address, with which they set their password and second factor."
_MOVED = "The name they sign in with. Both addresses are told of a change, and every session ends."


@sensitive_post_parameters("code")
@form_page
def invite(request: HttpRequest) -> HttpResponse:
    can_create_person(request.access).require()
    initial = {"type": User.Type.MEMBER, "time_zone": request.user.time_zone}
    form = _person_form(request, initial, own_zone=request.user.time_zone, email_help=_INVITED)
    command = partial(people.invite_person, now=request.now)
    if form.is_valid() and (user := _done(form, command, **form.facts)):
        messages.success(request, f"{user.name} is invited. The mail goes to {user.email}.")
        return redirect("administration:person", user.pk)
    return _page(request, "person_invite", form)


@sensitive_post_parameters("code")
@form_page
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = visible_person(request, pk)
    decisions_on(request.access, facts_of(user, now=request.now)).change.require()
    initial = {name: getattr(user, name) for name in PersonForm.base_fields} | {"time_zone": user.time_zone}
    form = _person_form(request, initial, own_zone=user.time_zone, email_help=_MOVED)
    command = partial(people.change_person, pk, now=request.now)
    if form.is_valid() and (changed := _done(form, command, **form.facts)):
        messages.success(request, f"{changed.name} is changed.")
        return redirect("administration:person", pk)
    return _page(request, "person_change", form, person=user)


# ---- What needs no words: one page each, that says what will happen ----------------------------------------


@dataclass(frozen=True)
class Step:
    """One thing done to an account. `decides` picks its decision; `said` what the page says afterwards."""

    template: str
    decides: Callable[[PersonDecisions], Decision]
    command: Callable[..., User]
    said: str


_DISABLE = Step(
    "person_disable", lambda may: may.disable, people.disable_person, "The account of {name} is disabled."
)
_ENABLE = Step(
    "person_enable", lambda may: may.enable, people.enable_person, "The account of {name} is enabled."
)
_SEND_LINK = Step(
    "person_send_link", lambda may: may.send_link, people.send_link, "A link is on its way to {email}."
)
_RESET_FACTOR = Step(
    "person_reset_factor",
    lambda may: may.reset_factor,
    people.reset_factor,
    "The second factor of {name} is reset. A link is on its way to {email}.",
)


@sensitive_post_parameters("code")
@form_page
def disable(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = visible_person(request, pk)
    return _confirmed(request, user, _DISABLE, effect=disabling(user, now=request.now))


@sensitive_post_parameters("code")
@form_page
def enable(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _confirmed(request, visible_person(request, pk), _ENABLE)


@sensitive_post_parameters("code")
@form_page
def send_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _confirmed(request, visible_person(request, pk), _SEND_LINK)


@sensitive_post_parameters("code")
@form_page
def reset_factor(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _confirmed(request, visible_person(request, pk), _RESET_FACTOR)


def _confirmed(request: HttpRequest, user: User, step: Step, **context: Any) -> HttpResponse:
    facts = facts_of(user, now=request.now)
    step.decides(decisions_on(request.access, facts)).require()
    form = ConfirmPersonForm(sent(request), request=request)
    if form.is_valid() and _done(form, partial(step.command, user.pk, now=request.now)):
        messages.success(request, step.said.format(name=user.name, email=user.email))
        return redirect("administration:person", user.pk)
    return _page(request, step.template, form, person=user, facts=facts, **context)


# ---- Parts -------------------------------------------------------------------------------------------------


def _person_form(request: HttpRequest, initial: dict[str, Any], **words: str) -> PersonForm:
    return PersonForm(sent(request), request=request, initial=initial, **words)


def _done(form: StepUpForm, command: Callable[..., User], **facts: Any) -> User | None:
    """What the command returns, as the person behind the form; its refusals become the form's own."""
    try:
        return command(actor=actor_of(form.request, form.second_factor), **facts)
    except Conflict:
        raise
    except DomainError as error:
        form.add_domain_error(error)
        return None


def _page(request: HttpRequest, template: str, form: StepUpForm, **context: Any) -> HttpResponse:
    context |= {"form": form, "fresh_until": fresh_until(request)}
    return render(request, f"administration/{template}.html", context, status=form.status)
