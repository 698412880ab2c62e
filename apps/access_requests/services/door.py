"""THE one door for access. Page, bulk form, CSV, review, alert fix, command line and API call `submit`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from apps.access_requests import notices
from apps.access_requests.asks import Actor, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.mandate import may_ask_as_review
from apps.access_requests.selectors.around import Around, around
from apps.access_requests.selectors.assigning import case_among
from apps.access_requests.services.activating import assess_activation, request_activation
from apps.access_requests.services.answering import Answer, answer_each
from apps.access_requests.services.assigning import (
    assess_assignment,
    assess_removal,
    assign,
    remove,
)
from apps.access_requests.services.prolonging import ask_to_prolong, assess_prolonging
from apps.access_requests.services.withdrawing import assess_deactivation, deactivate
from apps.access_requests.states import Action
from apps.common.decision import ALLOWED, Decision, denied
from apps.common.errors import Invalid

_COMMANDS: dict[Action, Callable[..., AccessRequest]] = {
    Action.SELF_ACTIVATE: request_activation,
    Action.SELF_DEACTIVATE: deactivate,
    Action.ADMIN_ASSIGN: assign,
    Action.ADMIN_UPDATE: assign,
    Action.ADMIN_EXTEND: assign,
    Action.ADMIN_RENEW: assign,
    Action.ADMIN_REMOVE: remove,
    Action.SELF_EXTEND: ask_to_prolong,
    Action.SELF_RENEW: ask_to_prolong,
}
_QUESTIONS: dict[Action, Callable[..., Decision]] = {
    Action.SELF_ACTIVATE: assess_activation,
    Action.SELF_DEACTIVATE: assess_deactivation,
    Action.ADMIN_ASSIGN: assess_assignment,
    Action.ADMIN_UPDATE: assess_assignment,
    Action.ADMIN_EXTEND: assess_assignment,
    Action.ADMIN_RENEW: assess_assignment,
    Action.ADMIN_REMOVE: assess_removal,
    Action.SELF_EXTEND: assess_prolonging,
    Action.SELF_RENEW: assess_prolonging,
}


def submit(ask: Ask, *, actor: Actor, now: datetime) -> AccessRequest:
    """Ask for one action: judged, recorded, and carried out or left waiting, in one transaction.

    Raises `NotAllowed` with every rule that refuses, `Invalid` for what is not there, `Conflict` when the
    state has moved on; nothing is written then.
    """
    _may_ask(ask, actor).require()
    return _COMMANDS[ask.action](ask, actor=actor, now=now)


def assess(ask: Ask, *, actor: Actor, now: datetime) -> Decision:
    """The verdict `submit` would give. Changes nothing."""
    may_ask = _may_ask(ask, actor)
    return _QUESTIONS[ask.action](ask, actor=actor, now=now) if may_ask else may_ask


@dataclass(frozen=True)
class Foreseen:
    """What would become of one ask. `waits`: for another admin, because whoever asks would gain by it."""

    asked: Ask
    decision: Decision
    waits: bool = False


def assess_many(asks: Iterable[Ask], *, actor: Actor, now: datetime) -> list[Foreseen]:
    """What `submit` would do with each of these, as things are now. Changes nothing."""
    asks = list(asks)
    scene = around([ask for ask in asks if _is_given(ask)], actor=actor, now=now)
    return [_foresee(ask, scene) for ask in asks]


def submit_many(asks: Iterable[Ask], *, actor: Actor, now: datetime) -> list[Answer[Ask]]:
    """`submit` for each, on its own. Of what was done to several assignments admins hear once."""
    asks = list(asks)
    if len(asks) < 2:
        return answer_each(asks, lambda ask: submit(ask, actor=actor, now=now))
    batch_id = uuid4()
    answers = answer_each(asks, lambda ask: submit(replace(ask, batch_id=batch_id), actor=actor, now=now))
    _tell_admins(answers, batch_id, actor, now)
    return answers


_DONE = {
    Action.ADMIN_ASSIGN: "added",
    Action.ADMIN_UPDATE: "changed",
    Action.ADMIN_EXTEND: "extended",
    Action.ADMIN_RENEW: "renewed",
    Action.ADMIN_REMOVE: "removed",
}


def _tell_admins(answers: list[Answer[Ask]], batch_id: UUID, actor: Actor, now: datetime) -> None:
    """One form does the same to all of them, with one reason."""
    action, why = answers[0].asked.action, answers[0].asked.said.justification
    rows = [answer.request.result for answer in answers if answer.request and answer.request.result]
    if action in _DONE and rows:
        notices.tell_admins_of_many(
            rows,
            key=f"batch:{batch_id}",
            by=actor.party,
            did=lambda what: f"{_DONE[action]} {what}",
            more=(("Why", why),),
            now=now,
        )


def _may_ask(ask: Ask, actor: Actor) -> Decision:
    return ALLOWED if actor.mandate is None else may_ask_as_review(ask.action)


def _is_given(ask: Ask) -> bool:
    return _QUESTIONS[ask.action] is assess_assignment


def _foresee(ask: Ask, scene: Around) -> Foreseen:
    try:
        if not _is_given(ask) or scene.actor.mandate is not None:
            return Foreseen(ask, assess(ask, actor=scene.actor, now=scene.now))
        case = case_among(ask, scene)
    except Invalid as error:
        return Foreseen(ask, denied("Invalid", str(error)))
    return Foreseen(ask, case.decision, case.waits)
