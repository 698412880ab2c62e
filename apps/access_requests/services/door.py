"""THE one door for access. Page, bulk form, CSV, review, alert fix, command line and API call `submit`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from apps.access_requests.asks import Actor, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.services.activating import assess_activation, request_activation
from apps.access_requests.services.answering import Answer, answer_each
from apps.access_requests.services.assigning import (
    assess_assignment,
    assess_removal,
    assess_update,
    assign,
    remove,
    update,
)
from apps.access_requests.services.withdrawing import assess_deactivation, deactivate
from apps.access_requests.states import Action
from apps.common.decision import Decision
from apps.common.errors import Invalid

_Answer = TypeVar("_Answer")

_COMMANDS: dict[Action, Callable[..., AccessRequest]] = {
    Action.SELF_ACTIVATE: request_activation,
    Action.SELF_DEACTIVATE: deactivate,
    Action.ADMIN_ASSIGN: assign,
    Action.ADMIN_UPDATE: update,
    Action.ADMIN_REMOVE: remove,
}
_QUESTIONS: dict[Action, Callable[..., Decision]] = {
    Action.SELF_ACTIVATE: assess_activation,
    Action.SELF_DEACTIVATE: assess_deactivation,
    Action.ADMIN_ASSIGN: assess_assignment,
    Action.ADMIN_UPDATE: assess_update,
    Action.ADMIN_REMOVE: assess_removal,
}


def submit(ask: Ask, *, actor: Actor, now: datetime) -> AccessRequest:
    """Ask for one action: judged, recorded, and carried out or left waiting, in one transaction.

    Raises `NotAllowed` with every rule that refuses, `Invalid` for what is not there, `Conflict` when the
    state has moved on; nothing is written then.
    """
    return _for(ask, _COMMANDS)(ask, actor=actor, now=now)


def assess(ask: Ask, *, actor: Actor, now: datetime) -> Decision:
    """The verdict `submit` would give. Changes nothing."""
    return _for(ask, _QUESTIONS)(ask, actor=actor, now=now)


def submit_many(asks: Iterable[Ask], *, actor: Actor, now: datetime) -> list[Answer[Ask]]:
    """`submit` for each, on its own."""
    return answer_each(asks, lambda ask: submit(ask, actor=actor, now=now))


def _for(ask: Ask, table: dict[Action, Callable[..., _Answer]]) -> Callable[..., _Answer]:
    try:
        return table[ask.action]
    except KeyError:
        raise Invalid(f"{ask.action.label} cannot be asked for yet.") from None
