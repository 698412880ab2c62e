"""Asking an admin for more of one's own assignment: to extend it before it ends, to renew it afterwards."""

from __future__ import annotations

from datetime import datetime

from apps.access_requests import notices
from apps.access_requests.asks import Actor, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.prolonging import ADMIN_WINDOW
from apps.access_requests.selectors.prolonging import ProlongingCase, load_prolonging
from apps.access_requests.services.recording import write_request_about
from apps.access_requests.services.settling import settle_holder
from apps.access_requests.states import State
from apps.accounts.selectors import look_again
from apps.common.commands import command
from apps.common.decision import Decision


def assess_prolonging(ask: Ask, *, actor: Actor, now: datetime) -> Decision:
    return load_prolonging(ask, actor=actor, now=now).decision


@command()
def ask_to_prolong(ask: Ask, *, actor: Actor, now: datetime) -> AccessRequest:
    """Leave it waiting for an admin, who decides from when and until when, and as what."""
    settle_holder(principal_id=actor.somebody.id, ground_id=ask.assignment_id, now=now)
    look_again(actor.somebody)
    case = load_prolonging(ask, actor=actor, now=now)
    case.decision.require()
    request = _write(ask, case, actor, now)
    notices.ask_admins(request, rules=case.rules, now=now)
    return request


def _write(ask: Ask, case: ProlongingCase, actor: Actor, now: datetime) -> AccessRequest:
    return write_request_about(
        case.row,
        ask,
        actor=actor,
        state=State.PENDING_ADMIN_DECISION,
        now=now,
        shown=case.rules,
        extends=case.row,
        ends_at=case.ends_at,
        deadline_at=now + ADMIN_WINDOW,
    )
