"""Whom to tell of what happened to a request to activate, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.approvers import Approvers, approvers_for
from apps.access_requests.states import State
from apps.accounts.models import User
from apps.assignments.notices.cells import Build, admins_of, letters, tell, tell_cells
from apps.audit.vocabulary import Party
from apps.common.instants import short
from apps.common.spans import minutes_in_words
from apps.notifications import services as notifications
from apps.notifications.messages import Button, Message, NoticeEvent
from apps.roles.policy.rules import Audience, NoticeCase, RoleRules


def ask_approvers(request: AccessRequest, approvers: Approvers, *, rules: RoleRules, now: datetime) -> None:
    """Tell everybody who can decide. Never additional addresses (Entra behaviour)."""
    tell(
        approvers.told if rules.cell(NoticeCase.ACTIVATION, Audience.APPROVER).default_recipients else (),
        lambda zone: _approval_needed(request, zone, now, must_activate=not approvers.people),
        key=f"request:{request.id}:approval_needed",
        now=now,
    )


def tell_granted(request: AccessRequest, *, rules: RoleRules, now: datetime) -> None:
    """The role is active, or will be: the requester hears, and the admins do."""
    key = f"request:{request.id}:granted"
    _tell_of_activation(request, lambda zone: _granted(request, zone, now), rules=rules, key=key, now=now)


def tell_started(request: AccessRequest, *, rules: RoleRules, now: datetime) -> None:
    """What was granted for later has begun: the same people hear, when it has happened."""
    key = f"request:{request.id}:started"
    _tell_of_activation(request, lambda zone: _started(request, zone, now), rules=rules, key=key, now=now)


def _tell_of_activation(
    request: AccessRequest, build: Build, *, rules: RoleRules, key: str, now: datetime
) -> None:
    people = {Audience.HOLDER: [request.requester], Audience.ADMIN: admins_of(request.resource, now=now)}
    tell_cells(rules, NoticeCase.ACTIVATION, people, build, key=key, now=now)


def tell_decided(request: AccessRequest, approver: User, *, rules: RoleRules, now: datetime) -> None:
    """Every approver hears that it is settled and how; the requester hears of a no, and of a failed yes."""

    def build(zone: tzinfo) -> Message:
        return _decided(request, approver.name, zone, now, link=request.get_decide_url())

    def build_for_requester(zone: tzinfo) -> Message:
        return _decided(request, approver.name, zone, now, link=request.get_absolute_url())

    others = approvers_for(
        rules, resource=request.eligible.resource, requester=request.requester, now=now
    ).people
    told = others if request.state == State.FAILED else [user for user in others if user.id != approver.id]
    written = [*letters(told, build)]
    if request.state in (State.DENIED, State.FAILED):
        written = [*letters([request.requester], build_for_requester), *written]
    key = f"request:{request.id}:decided"
    notifications.notify_each(key=key, letters=written, announced=build_for_requester(UTC), now=now)


def tell_closed(request: AccessRequest, *, by: Party, now: datetime) -> None:
    """The requester hears that a request ended without an answer, unless they ended it themself."""
    is_own = request.requester is None or by.id == str(request.requester_id)
    told = [] if is_own else [(request.requester.recipient, _closed_for_requester(request))]
    announced = _closed(request, f"{request.requester_name}'s", request.closing_reason)
    notifications.notify_each(key=key_of_close(request), letters=told, announced=announced, now=now)


def key_of_close(request: AccessRequest) -> str:
    return f"request:{request.id}:closed"


# ---- In which words ----------------------------------------------------------------------------------------


def _approval_needed(request: AccessRequest, zone: tzinfo, now: datetime, *, must_activate: bool) -> Message:
    name, role = request.principal.name, request.role.name
    lapses = short(request.deadline_at, zone, now=now)
    first = "Activate your own role first, then decide. " if must_activate else ""
    return Message(
        event=NoticeEvent.APPROVAL_NEEDED,
        subject=f"PIM: Review {name}'s request to activate the {role} role",
        text=f"{name} asks to activate {role}. {first}The first answer counts. It times out {lapses}.",
        facts=_facts(request, zone, now),
        link=request.get_decide_url(),
        buttons=(
            Button("Approve", f"{request.get_decide_url()}?choice=approve"),
            Button("Deny", f"{request.get_decide_url()}?choice=deny", danger=True),
        ),
    )


def _granted(request: AccessRequest, zone: tzinfo, now: datetime) -> Message:
    name, role, result = request.principal.name, request.role.name, request.result
    ends = short(result.ends_at, zone, now=now)
    if result.starts_at > now:
        what = f"{name} activates {role} from {short(result.starts_at, zone, now=now)} until {ends}."
    elif request.is_extension:
        what = f"{name} extended {role}. It now ends {ends}."
    else:
        what = f"{name} activated {role}. It ends {ends}."
    return Message(
        event=NoticeEvent.ROLE_ACTIVATED,
        subject=f"PIM: {name} activated the {role} role",
        text=what,
        facts=_facts(request, zone, now),
        link=request.get_absolute_url(),
    )


def _started(request: AccessRequest, zone: tzinfo, now: datetime) -> Message:
    """As it is when it is written: a worker that stood still may find that it is over already."""
    name, role, result = request.principal.name, request.role.name, request.result
    ended_at = min(filter(None, [result.ended_at, result.ends_at]))
    starts, ends = (short(instant, zone, now=now) for instant in (result.starts_at, ended_at))
    is_over = ended_at <= now
    text = (
        f"{role} was active from {starts} until {ends}." if is_over else f"{role} is active. It ends {ends}."
    )
    return Message(
        event=NoticeEvent.ROLE_ACTIVATED,
        subject=f"PIM: {name}'s {role} role {'was' if is_over else 'is'} active",
        text=text,
        facts=_facts(request, zone, now),
        link=request.get_absolute_url(),
    )


_DECIDED = {
    State.DENIED: (NoticeEvent.REQUEST_DENIED, "denied", "denied the request."),
    State.FAILED: (
        NoticeEvent.REQUEST_FAILED,
        "not granted",
        "approved the request, but it cannot be granted.",
    ),
}
_APPROVED = (NoticeEvent.REQUEST_APPROVED, "approved", "approved the request.")


def _decided(request: AccessRequest, approver: str, zone: tzinfo, now: datetime, *, link: str) -> Message:
    event, word, sentence = _DECIDED.get(State(request.state), _APPROVED)
    reason = f" {request.closing_reason}" if request.closing_reason else ""
    return Message(
        event=event,
        subject=f"PIM: {request.principal.name}'s request for the {request.role.name} role was {word}",
        text=f"{approver} {sentence}{reason}",
        facts=_facts(request, zone, now),
        link=link,
    )


def _closed_for_requester(request: AccessRequest) -> Message:
    return _closed(request, "Your", f"{request.closing_reason} Ask again if you still need the role.")


def _closed(request: AccessRequest, whose: str, text: str) -> Message:
    lapsed = request.state == State.TIMED_OUT
    ended = "timed out" if lapsed else "was cancelled"
    return Message(
        event=NoticeEvent.REQUEST_TIMED_OUT if lapsed else NoticeEvent.REQUEST_CANCELED,
        subject=f"PIM: {whose} request for the {request.role.name} role {ended}",
        text=text,
        link=request.get_absolute_url(),
    )


def _facts(request: AccessRequest, zone: tzinfo, now: datetime) -> tuple[tuple[str, str], ...]:
    starts = short(request.starts_at, zone, now=now) if request.starts_at else "When approved"
    lines = (
        ("Who", request.principal.name),
        ("Role", request.role.name),
        ("Where", f"{request.resource.name}, {request.resource.kind}"),
        ("How long", minutes_in_words(request.duration_minutes or 0)),
        ("Starts", starts if request.state == State.PENDING_APPROVAL else ""),
        ("Why", request.justification),
        ("Ticket", " ".join(filter(None, [request.ticket_number, request.ticket_system]))),
        ("Request", request.number),
    )
    return tuple((label, value) for label, value in lines if value)
