"""Whom to tell of what admins give and decide, and in which words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.approvers import Approvers
from apps.access_requests.selectors.managing import admins_on, managed_resource, other_admins
from apps.access_requests.states import Action, State
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.notices.cells import (
    Build,
    admins_of,
    admins_on_each,
    letters,
    recipients_of,
    tell,
    tell_cells,
)
from apps.audit.vocabulary import Party
from apps.common.instants import short
from apps.notifications import services as notifications
from apps.notifications.messages import Button, Message, NoticeEvent, Recipient
from apps.roles.policy.rules import Audience, NoticeCase, RoleRules
from apps.roles.selectors import rules_for_many


def ask_admins(request: AccessRequest, *, rules: RoleRules, now: datetime) -> None:
    """Tell every admin who can decide and gains nothing by it."""
    admins = _deciders(request, now)
    tell(
        admins.told if rules.cell(_case_of(request), Audience.APPROVER).default_recipients else (),
        lambda zone: _decision_needed(request, zone, now, must_activate=not admins.people),
        key=f"request:{request.id}:decision_needed",
        now=now,
    )


def tell_admin_decided(request: AccessRequest, admin: User, *, now: datetime) -> None:
    """The other admins hear that it is settled and how; the requester hears what came of it."""

    def build_to(link: str) -> Build:
        return lambda zone: _decided(request, admin.name, zone, now, link=link)

    others = [user for user in _deciders(request, now).people if user.id != admin.id]
    written = [
        *letters([request.person], build_to(request.get_absolute_url())),
        *letters(others, build_to(request.get_decide_url())),
    ]
    announced = build_to(request.get_absolute_url())(UTC)
    key = f"request:{request.id}:decided"
    notifications.notify_each(key=key, letters=written, announced=announced, now=now)


def tell_assigned(request: AccessRequest, *, by: Party, rules: RoleRules, now: datetime) -> None:
    """A person hears what they were given, or what has changed. Members of a group see it in their own
    list."""

    def build(zone: tzinfo) -> Message:
        return _assigned(request, by, zone, now)

    admins = [user for user in admins_of(request.resource, now=now) if str(user.id) != by.id]
    people = {Audience.HOLDER: _holder(request), Audience.ADMIN: admins}
    tell_cells(rules, _case_of(request), people, build, key=f"request:{request.id}:assigned", now=now)


def tell_holder(request: AccessRequest, *, by: Party, rules: RoleRules, now: datetime) -> None:
    """`tell_assigned` for one of many: admins hear of all of them together (`told_of_many`)."""

    def build(zone: tzinfo) -> Message:
        return _assigned(request, by, zone, now)

    people = {Audience.HOLDER: _holder(request)}
    tell_cells(rules, _case_of(request), people, build, key=f"request:{request.id}:assigned", now=now)


def told_of_many(given: Iterable[Assignment], *, now: datetime) -> dict[Recipient, int]:
    """The admins to tell of these assignments, loaded with role and resource, each with how many of them
    concern them, as the settings of each role say. A fixed number of queries."""
    rows = list(given)
    rules = rules_for_many((row.role, row.resource) for row in rows)
    admins = admins_on_each({row.resource for row in rows}, now=now)
    counts: dict[Recipient, int] = defaultdict(int)
    for row in rows:
        case = NoticeCase.ACTIVE if row.kind == Assignment.Kind.ACTIVE else NoticeCase.ELIGIBLE
        cell = rules[row.role_id, row.resource_id].cell(case, Audience.ADMIN)
        for recipient in recipients_of(cell, admins[row.resource_id]):
            counts[recipient] += 1
    return dict(counts)


def warn_of_own_grant(request: AccessRequest, *, by: Party, now: datetime) -> None:
    """Somebody gave themself something, because nobody else could decide: every admin hears of it, also those
    who could not be reached, whatever the settings of the role say."""
    found = admins_on(managed_resource(request.resource, now=now), now=now)
    told = set(User.objects.filter(id__in=found.active | found.could))
    told |= set(admins_of(request.resource, now=now))
    people = sorted((user for user in told if str(user.id) != by.id), key=lambda user: user.name)
    tell(people, lambda zone: _own(request, by, zone, now), key=f"request:{request.id}:own", now=now)


def _deciders(request: AccessRequest, now: datetime) -> Approvers:
    return other_admins(request.resource, principal_id=request.principal_id, actor=request.person, now=now)


def _holder(request: AccessRequest) -> list[User]:
    return [] if request.principal.is_group else [request.principal.user]


def _case_of(request: AccessRequest) -> NoticeCase:
    return NoticeCase.ACTIVE if request.kind == Assignment.Kind.ACTIVE else NoticeCase.ELIGIBLE


# ---- In which words ----------------------------------------------------------------------------------------

_ASKED = {Action.SELF_EXTEND: "extend", Action.SELF_RENEW: "renew"}
_CHANGED = {Action.ADMIN_UPDATE: "changed", Action.ADMIN_EXTEND: "extended", Action.ADMIN_RENEW: "renewed"}


def _what(request: AccessRequest) -> str:
    """What is asked, after "asks to"."""
    role, word = request.role.name, _ASKED.get(Action(request.action))
    if word:
        return f"{word} the {role} role"
    holder = "themself" if request.principal_id == request.requester_id else request.principal.name
    return f"give {holder} the {role} role"


def _decision_needed(request: AccessRequest, zone: tzinfo, now: datetime, *, must_activate: bool) -> Message:
    first = "Activate your own role first, then decide. " if must_activate else ""
    lapses = short(request.deadline_at, zone, now=now)
    return Message(
        event=NoticeEvent.APPROVAL_NEEDED,
        subject=f"PIM: Review {request.requester_name}'s request to {_what(request)}",
        text=f"{request.requester_name} asks to {_what(request)}. {first}The first answer counts. "
        f"It times out {lapses}.",
        facts=_facts(request, zone, now),
        link=request.get_decide_url(),
        buttons=(Button("Decide", request.get_decide_url()),),
    )


_OUTCOMES = {
    State.PROVISIONED: (NoticeEvent.REQUEST_APPROVED, "approved", "approved the request."),
    State.DENIED: (NoticeEvent.REQUEST_DENIED, "denied", "denied the request."),
    State.FAILED: (
        NoticeEvent.REQUEST_FAILED,
        "not granted",
        "approved the request, but it cannot be granted.",
    ),
}


def _decided(request: AccessRequest, admin: str, zone: tzinfo, now: datetime, *, link: str) -> Message:
    event, word, sentence = _OUTCOMES[State(request.state)]
    given = f" {_given(request, zone, now)}" if request.state == State.PROVISIONED else ""
    reason = f" {request.closing_reason}" if request.closing_reason else ""
    return Message(
        event=event,
        subject=f"PIM: {request.requester_name}'s request to {_what(request)} was {word}",
        text=f"{admin} {sentence}{given}{reason}",
        facts=_facts(request, zone, now),
        link=link,
    )


def _given(request: AccessRequest, zone: tzinfo, now: datetime) -> str:
    result = request.result
    until = f"until {short(result.ends_at, zone, now=now)}" if result.ends_at else "permanently"
    return (
        f"{request.principal.name} is {result.get_kind_display().lower()} for {request.role.name}, {until}."
    )


def _assigned(request: AccessRequest, by: Party, zone: tzinfo, now: datetime) -> Message:
    result, name, role = request.result, request.principal.name, request.role.name
    until = f"until {short(result.ends_at, zone, now=now)}" if result.ends_at else "permanently"
    kind, word = result.get_kind_display().lower(), _CHANGED.get(Action(request.action))
    return Message(
        event=NoticeEvent.ASSIGNMENT_CHANGED if word else NoticeEvent.ROLE_ASSIGNED,
        subject=f"PIM: {name}'s {role} role was {word}"
        if word
        else f"PIM: {name} was assigned the {role} role",
        text=f"{by.name} {word} it: {name} is {kind} for {role}, {until}."
        if word
        else f"{by.name} made {name} {kind} for {role}, {until}.",
        facts=(("Role", role), ("Where", request.resource.name)),
        link=result.get_absolute_url(),
    )


def _own(request: AccessRequest, by: Party, zone: tzinfo, now: datetime) -> Message:
    return Message(
        event=NoticeEvent.GRANTED_ONESELF,
        subject=f"PIM: {by.name} gave themself the {request.role.name} role",
        text=f"No other admin could be asked. {_given(request, zone, now)} See that this is right.",
        facts=_facts(request, zone, now),
        link=request.get_absolute_url(),
    )


def _facts(request: AccessRequest, zone: tzinfo, now: datetime) -> tuple[tuple[str, str], ...]:
    present = request.extends
    lines = (
        ("Who", request.requester_name),
        ("For", request.principal.name if request.principal_id != request.requester_id else ""),
        ("Role", request.role.name),
        ("Where", f"{request.resource.name}, {request.resource.kind}"),
        ("As", request.kind.label),
        ("Asked until", short(request.ends_at, zone, now=now) if request.ends_at else "Permanent"),
        ("Has it until", short(present.ends_at, zone, now=now) if present and present.ends_at else ""),
        ("Why", request.justification),
        ("Request", request.number),
    )
    return tuple((label, value) for label, value in lines if value)
