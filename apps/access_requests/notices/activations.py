"""Whom to tell of what happened to a request to activate, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import partial

from apps.access_requests.models import AccessRequest
from apps.access_requests.notices.words import (
    APPROVED,
    DECIDED,
    facts_of_request,
    still_open,
    what_is_asked,
)
from apps.access_requests.selectors.approvers import Approvers, approvers_for
from apps.access_requests.selectors.terms import terms_of_many
from apps.access_requests.states import State
from apps.accounts.models import User
from apps.assignments.notices.cells import (
    Build,
    Letter,
    admins_of,
    admins_on_each,
    letters,
    letters_of_cells,
    tell,
    tell_cells,
    told_by,
)
from apps.assignments.notices.words import to_activate
from apps.audit.vocabulary import Party
from apps.common.instants import short
from apps.common.lookup import present
from apps.notifications import services as notifications
from apps.notifications.messages import Button, Message, NoticeEvent, Recipient
from apps.notifications.webhooks.announcing import announce_many
from apps.roles.policy.rules import APPROVERS_ONLY, Audience, NoticeCase, RoleRules


def ask_approvers(request: AccessRequest, approvers: Approvers, *, rules: RoleRules, now: datetime) -> None:
    """Tell everybody who can decide. Never additional addresses (Entra behaviour)."""
    tell(
        NoticeEvent.APPROVAL_NEEDED,
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


def tell_started(requests: Sequence[AccessRequest], *, now: datetime) -> None:
    """What was granted for later has begun: the same people hear, when it has happened. As many queries for
    one as for many."""
    grounds = {row: (row.principal_id, row.role, row.ground.resource) for row in requests}
    terms = terms_of_many(grounds.values(), now=now)
    admins = admins_on_each({row.resource for row in requests}, now=now)
    written, announced = {}, {}
    for row, (person, role, resource) in grounds.items():
        key, build = f"request:{row.id}:started", partial(_started, row, now)
        told = {Audience.HOLDER: ([row.person], build), Audience.ADMIN: (admins[row.resource_id], build)}
        rules = terms[person, role.id, resource.id]
        written[key] = letters_of_cells(rules, NoticeCase.ACTIVATION, told)
        announced[key] = partial(build, UTC)
    notifications.notify_many(written, now=now)
    announce_many(NoticeEvent.ROLE_ACTIVATED, announced, now=now)


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
    tell_cells(rules, NoticeCase.ACTIVATION, told, key=key, announced=None, but=but, now=now)
    announce_many(NoticeEvent.ROLE_ACTIVATED, {key: partial(build, UTC)}, now=now)


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
    notifications.notify_many({key: written}, now=now)
    announce_many(_event_of_decision(request), {key: partial(for_requester, UTC)}, now=now)
    if request.result is not None:
        known = [approver.recipient, *(recipient for recipient, _ in written)]
        tell_granted(request, rules=rules, but=known, now=now)


def tell_closed(requests: Sequence[AccessRequest], *, by: Party, now: datetime) -> None:
    """Whoever asked hears that their request ended without an answer, unless they ended it themself. As many
    queries for one as for many."""
    written = {
        key_of_close(row): letters([row.person.recipient], partial(_closed_for_requester, row))
        for row in requests
        if row.requester is not None and by.id != str(row.requester_id)
    }
    notifications.notify_many(written, now=now)
    for event in {_event_of_close(row) for row in requests}:
        closed = [row for row in requests if _event_of_close(row) == event]
        announce_many(event, {key_of_close(row): partial(_closed_for_others, row) for row in closed}, now=now)


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


def _started(request: AccessRequest, now: datetime, zone: tzinfo) -> Message:
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


def _event_of_decision(request: AccessRequest) -> NoticeEvent:
    return _EVENTS.get(State(request.state), NoticeEvent.REQUEST_APPROVED)


def _decided(
    request: AccessRequest, approver: str, said: str, zone: tzinfo, now: datetime, *, link: str
) -> Message:
    state = State(request.state)
    word, sentence = DECIDED.get(state, APPROVED)
    sentences = (f"{approver} {sentence}", request.closing_reason, _comes_of_it(request, zone, now))
    answer = (("Decided by", approver), ("They say", said if said != request.closing_reason else ""))
    return Message(
        event=_event_of_decision(request),
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


def _closed_for_others(request: AccessRequest) -> Message:
    return _closed(request, f"{request.requester_name}'s", request.closing_reason, UTC)


def _event_of_close(request: AccessRequest) -> NoticeEvent:
    lapsed = request.state == State.TIMED_OUT
    return NoticeEvent.REQUEST_TIMED_OUT if lapsed else NoticeEvent.REQUEST_CANCELED


def _closed(request: AccessRequest, whose: str, text: str, zone: tzinfo) -> Message:
    ended = "timed out" if request.state == State.TIMED_OUT else "was cancelled"
    return Message(
        event=_event_of_close(request),
        subject=f"PIM: {whose} request for the {request.role.name} role {ended}",
        text=text,
        facts=facts_of_request(request, zone),
        link=request.get_absolute_url(),
    )
