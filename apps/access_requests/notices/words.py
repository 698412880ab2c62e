"""What every mail about a request says of it: who, what, where, until when and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo

from apps.access_requests.models import AccessRequest
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.assignments.notices.words import Facts, known, until
from apps.common.instants import full
from apps.common.spans import minutes_in_words
from apps.notifications.messages import Message

# How a decision is told: what it was, as a subject and as a sentence say it.
DECIDED = {
    State.DENIED: ("denied", "denied the request."),
    State.FAILED: ("not granted", "approved the request, but it cannot be granted."),
}
APPROVED = ("approved", "approved the request.")

_ASKED = {Action.SELF_EXTEND: "extend", Action.SELF_RENEW: "renew"}


def facts_of_request(request: AccessRequest, zone: tzinfo, *more: tuple[str, str]) -> Facts:
    """What was asked, or what came of it; and `more`, such as who decided."""
    about = _of_assignment if request.is_about_assignment else _of_activation
    return known(
        ("Who", request.asked_by),
        ("For", request.principal.name if request.principal_id != request.requester_id else ""),
        ("Role", request.role.name),
        ("Where", f"{request.resource.name}, {request.resource.kind}"),
        *about(request, zone),
        ("Why", request.justification),
        ("Ticket", " ".join(filter(None, [request.ticket_number, request.ticket_system]))),
        *more,
        ("Request", request.number),
    )


def _of_activation(request: AccessRequest, zone: tzinfo) -> Facts:
    how_long = ("How long", minutes_in_words(request.minutes))
    if request.result is not None:
        return (how_long, *_period(request.result, zone))
    starts = full(request.starts_at, zone) if request.starts_at else "When approved"
    return (how_long, ("Starts", starts))


def _of_assignment(request: AccessRequest, zone: tzinfo) -> Facts:
    if request.result is not None:
        return (("As", request.result.get_kind_display()), *_period(request.result, zone))
    present = request.extends
    return (
        ("As", request.kind.label),
        ("Has it until", full(present.ends_at, zone) if present and present.ends_at else ""),
        ("Asked until", until(request.ends_at, zone)),
    )


def _period(row: Assignment, zone: tzinfo) -> Facts:
    return (("From", full(row.starts_at, zone)), ("Until", until(row.ends_at, zone)))


def what_is_asked(request: AccessRequest) -> str:
    """After "asks to"."""
    role, word = request.role.name, _ASKED.get(Action(request.action))
    if not request.is_about_assignment:
        return f"{'extend' if request.is_extension else 'activate'} the {role} role"
    if word:
        return f"{word} the {role} role"
    holder = "themself" if request.principal_id == request.requester_id else request.principal.name
    return f"give {holder} the {role} role"


def still_open(message: Message) -> Message:
    """The same, told again because nobody has answered."""
    subject = message.subject.replace("PIM: Review", "PIM: Still to review", 1)
    return replace(message, subject=subject, text=f"Half of its time is over. {message.text}")
