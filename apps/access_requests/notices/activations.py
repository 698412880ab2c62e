"""Whom to tell of what happened to a request to activate, and in which words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from apps.access_requests.models import AccessRequest
from apps.access_requests.notices.words import (
    APPROVED,
    DECIDED,
    facts_of_request,
    still_open,
    what_is_asked,
)
from apps.access_requests.selectors.approvers import Approvers, approvers_for
from apps.access_requests.states import State
from apps.accounts.models import User
from apps.assignments.notices.cells import Build, Letter, admins_of, letters, tell, tell_cells, told_by
from apps.assignments.notices.words import to_activate
from apps.audit.vocabulary import Party
from apps.common.instants import short
from apps.common.lookup import present
from apps.notifications import services as notifications
from apps.notifications.messages import Button, Message, NoticeEvent, Recipient
from apps.roles.policy.rules import APPROVERS_ONLY, Audience, NoticeCase, RoleRules


def ask_approvers(request: AccessRequest, approvers: Approvers, *, rules: RoleRules, now: datetime) -> None:
    """Tell everybody who can decide. Never additional addresses (Entra behaviour)."""
    tell(
        told_by(rules, *APPROVERS_ONLY, approvers.told),
        lambda zone: _approval_needed(request, zone, now, must_activate=not approvers.people),
        key=f"request:{request.id}:approval_needed",
        now=now,
    )


def reminder_for_approvers(
    request: AccessRequest, approvers: Approvers, *, rules: RoleRules, now: datetime
) -> list[Letter]:
    """To those who can still decide."""
    return letters(
        told_by(rules, *APPROVERS_ONLY, approvers.told),
        lambda zone: still_open(_approval_needed(request, zone, now, must_activate=not approvers.people)),
    )


def tell_granted(
    request: AccessRequest, *, rules: RoleRules, but: Iterable[Recipient] = (), now: datetime
) -> None:
    """The role is active, or will be: the requester hears, and the admins do."""
    key = f"request:{request.id}:granted"
    _tell_of_activation(
        request, lambda zone: _granted(request, zone, now), rules=rules, key=key, but=but, now=now
    )


def tell_started(request: AccessRequest, *, rules: RoleRules, now: datetime) -> None:
    """What was granted for later has begun: the same people hear, when it has happened."""
    key = f"request:{request.id}:started"
    _tell_of_activation(request, lambda zone: _started(request, zone, now), rules=rules, key=key, now=now)


def _tell_of_activation(
    request: AccessRequest,
    build: Build,
    *,
    rules: RoleRules,
    key: str,
    but: Iterable[Recipient] = (),
    now: datetime,
) -> None:
    admins = admins_of(request.resource, now=now)
    told = {Audience.HOLDER: ([request.person], build), Audience.ADMIN: (admins, build)}
    tell_cells(rules, NoticeCase.ACTIVATION, told, key=key, announced=build(UTC), but=but, now=now)


def tell_decided(
    request: AccessRequest, approver: User, *, said: str, rules: RoleRules, now: datetime
) -> None:
    """The requester hears, and whoever else was asked: it is settled, and how. Of what was granted the admins
    hear, too; whoever knows of it already not again."""

    def build_to(link: str) -> Build:
        return lambda zone: _decided(request, approver.name, said, zone, now, link=link)

    others = approvers_for(rules, resource=request.ground.resource, requester=request.person, now=now).people
    asked = [each for each in told_by(rules, *APPROVERS_ONLY, others) if each != approver.recipient]
    if request.state == State.FAILED:
        asked.append(approver.recipient)  # it is not what they answered
    for_requester = build_to(request.get_absolute_url())
    written = [
        *letters([request.person.recipient], for_requester),
        *letters(asked, build_to(request.get_decide_url())),
    ]
    key = f"request:{request.id}:decided"
    notifications.notify_each(key=key, letters=written, announced=for_requester(UTC), now=now)
    if request.result is not None:
        known = [approver.recipient, *(recipient for recipient, _ in written)]
        tell_granted(request, rules=rules, but=known, now=now)


def tell_closed(request: AccessRequest, *, by: Party, now: datetime) -> None:
    """The requester hears that a request ended without an answer, unless they ended it themself."""
    is_own = request.requester is None or by.id == str(request.requester_id)
    told = [] if is_own else [request.person.recipient]
    announced = _closed(request, f"{request.requester_name}'s", request.closing_reason, UTC)
    written = letters(told, lambda zone: _closed_for_requester(request, zone))
    notifications.notify_each(key=key_of_close(request), letters=written, announced=announced, now=now)


def key_of_close(request: AccessRequest) -> str:
    return f"request:{request.id}:closed"


# ---- In which words ----------------------------------------------------------------------------------------


def _approval_needed(request: AccessRequest, zone: tzinfo, now: datetime, *, must_activate: bool) -> Message:
    name, what = request.principal.name, what_is_asked(request)
    lapses = short(present(request.deadline_at), zone, now=now)
    first = "Activate your own role first, then decide. " if must_activate else ""
    return Message(
        event=NoticeEvent.APPROVAL_NEEDED,
        subject=f"PIM: Review {name}'s request to {what}",
        text=f"{name} asks to {what}. {first}The first answer counts. It times out {lapses}.",
        facts=facts_of_request(request, zone),
        link=request.get_decide_url(),
        buttons=(
            Button("Approve", f"{request.get_decide_url()}?choice=approve"),
            Button("Deny", f"{request.get_decide_url()}?choice=deny", danger=True),
        ),
    )


def _granted(request: AccessRequest, zone: tzinfo, now: datetime) -> Message:
    did = "extended" if request.is_extension else "activated"
    return Message(
        event=NoticeEvent.ROLE_ACTIVATED,
        subject=f"PIM: {request.principal.name} {did} the {request.role.name} role",
        text=_comes_of_it(request, zone, now),
        facts=facts_of_request(request, zone),
        link=request.get_absolute_url(),
    )


def _comes_of_it(request: AccessRequest, zone: tzinfo, now: datetime) -> str:
    """What was granted, in a sentence; nothing where nothing was."""
    if request.result is None:
        return ""
    name, role, result = request.principal.name, request.role.name, request.result
    ends = short(present(result.ends_at), zone, now=now)
    if result.starts_at > now:
        return f"{name} activates {role} from {short(result.starts_at, zone, now=now)} until {ends}."
    if request.is_extension:
        return f"{name} extended {role}. It now ends {ends}."
    return f"{name} activated {role}. It ends {ends}."


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
        facts=facts_of_request(request, zone),
        link=request.get_absolute_url(),
    )


_EVENTS = {State.DENIED: NoticeEvent.REQUEST_DENIED, State.FAILED: NoticeEvent.REQUEST_FAILED}


def _decided(
    request: AccessRequest, approver: str, said: str, zone: tzinfo, now: datetime, *, link: str
) -> Message:
    state = State(request.state)
    word, sentence = DECIDED.get(state, APPROVED)
    sentences = (f"{approver} {sentence}", request.closing_reason, _comes_of_it(request, zone, now))
    answer = (("Decided by", approver), ("They say", said if said != request.closing_reason else ""))
    return Message(
        event=_EVENTS.get(state, NoticeEvent.REQUEST_APPROVED),
        subject=f"PIM: {request.principal.name}'s request for the {request.role.name} role was {word}",
        text=" ".join(filter(None, sentences)),
        facts=facts_of_request(request, zone, *answer),
        link=link,
    )


def _closed_for_requester(request: AccessRequest, zone: tzinfo) -> Message:
    text = f"{request.closing_reason} Ask again if you still need the role."
    message = _closed(request, "Your", text, zone)
    lapsed = request.state == State.TIMED_OUT and not request.is_about_assignment
    again = (replace(to_activate(request.ground), label="Ask again"),) if lapsed else ()
    return replace(message, buttons=again)


def _closed(request: AccessRequest, whose: str, text: str, zone: tzinfo) -> Message:
    lapsed = request.state == State.TIMED_OUT
    ended = "timed out" if lapsed else "was cancelled"
    return Message(
        event=NoticeEvent.REQUEST_TIMED_OUT if lapsed else NoticeEvent.REQUEST_CANCELED,
        subject=f"PIM: {whose} request for the {request.role.name} role {ended}",
        text=text,
        facts=facts_of_request(request, zone),
        link=request.get_absolute_url(),
    )
