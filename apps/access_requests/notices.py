"""Whom to tell of what happened to a request, and in which words. Texts are in each reader's time zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo

from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.approvers import Approvers, approvers_for
from apps.access_requests.states import State
from apps.accounts.models import User
from apps.accounts.policy import zone_of
from apps.assignments.models import Assignment
from apps.assignments.selectors import holders_of
from apps.audit.vocabulary import Party
from apps.common.access import Provider
from apps.common.instants import short
from apps.common.spans import minutes_in_words
from apps.notifications import services as notifications
from apps.notifications.messages import Button, Message, NoticeEvent, Recipient
from apps.roles.built_in import (
    GLOBAL_ADMINISTRATOR,
    GROUP_OWNER,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    RESOURCE_OWNER,
    SECURITY_ADMINISTRATOR,
    USER_ACCESS_ADMINISTRATOR,
)
from apps.roles.models import Resource
from apps.roles.policy import Audience, Cell, NoticeCase, RoleRules

# Who "Admin" is in the notification matrix (fact sheet, section 6).
_ADMIN_ROLES = {
    Provider.DIRECTORY: (GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR, SECURITY_ADMINISTRATOR),
    Provider.RESOURCES: (RESOURCE_OWNER, USER_ACCESS_ADMINISTRATOR),
    Provider.GROUPS: (GROUP_OWNER,),
}

Build = Callable[[tzinfo], Message]
Letter = tuple[Recipient, Message]


def ask_approvers(request: AccessRequest, approvers: Approvers, *, rules: RoleRules, now: datetime) -> None:
    """Tell everybody who can decide. Never additional addresses (Entra behaviour)."""
    if rules.cell(NoticeCase.ACTIVATION, Audience.APPROVER).default_recipients:
        _tell(
            approvers.told,
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
    people = {Audience.HOLDER: [request.requester], Audience.ADMIN: _admins_of(request.resource, now=now)}
    _tell_cells(rules, NoticeCase.ACTIVATION, people, build, key=key, now=now)


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
    letters = [*_letters(told, build)]
    if request.state in (State.DENIED, State.FAILED):
        letters = [*_letters([request.requester], build_for_requester), *letters]
    notifications.notify_each(key=f"request:{request.id}:decided", letters=letters, now=now)


def tell_closed(request: AccessRequest, *, by: Party, now: datetime) -> None:
    """The requester hears that a request ended without an answer, unless they ended it themself."""
    if request.requester is None or by.id == str(request.requester_id):
        return
    _tell([request.requester], lambda _zone: _closed(request), key=f"request:{request.id}:closed", now=now)


def tell_assigned(request: AccessRequest, *, by: Party, rules: RoleRules, now: datetime) -> None:
    """A person hears what they were given. Members of a group see it in their own list."""
    case = NoticeCase.ACTIVE if request.result.kind == Assignment.Kind.ACTIVE else NoticeCase.ELIGIBLE
    holders = User.objects.filter(pk=request.principal_id)

    def build(zone: tzinfo) -> Message:
        return _assigned(request, by, zone, now)

    admins = [user for user in _admins_of(request.resource, now=now) if str(user.id) != by.id]
    people = {Audience.HOLDER: holders, Audience.ADMIN: admins}
    _tell_cells(rules, case, people, build, key=f"request:{request.id}:assigned", now=now)


# ---- Whom --------------------------------------------------------------------------------------------------


def _admins_of(resource: Resource, *, now: datetime) -> Iterable[User]:
    roles = _ADMIN_ROLES[Provider(resource.provider)]
    return holders_of(roles, resource, kind=Assignment.Kind.ACTIVE, now=now)


def _tell_cells(
    rules: RoleRules,
    case: NoticeCase,
    people: Mapping[Audience, Iterable[User]],
    build: Build,
    *,
    key: str,
    now: datetime,
) -> None:
    """Tell those whom a row of the notification matrix names; `people` are the default recipients of its
    columns. These mails inform, so a cell for critical mails only leaves them out."""
    letters = [
        letter
        for audience, default in people.items()
        for letter in _letters_of(rules.cell(case, audience), default, build)
    ]
    notifications.notify_each(key=key, letters=letters, now=now)


def _letters_of(cell: Cell, people: Iterable[User], build: Build) -> Iterable[Letter]:
    if cell.critical_only:
        return
    if cell.default_recipients:
        yield from _letters(people, build)
    for address in cell.additional_recipients:
        yield Recipient(address), build(UTC)


def _letters(people: Iterable[User], build: Build) -> Iterable[Letter]:
    """One for each, the times in their own zone."""
    messages: dict[tzinfo, Message] = {}
    for user in people:
        zone = zone_of(user)
        if zone not in messages:
            messages[zone] = build(zone)
        yield Recipient(user.email, user.name, user.id), messages[zone]


def _tell(people: Iterable[User], build: Build, *, key: str, now: datetime) -> None:
    notifications.notify_each(key=key, letters=_letters(people, build), now=now)


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


def _closed(request: AccessRequest) -> Message:
    lapsed = request.state == State.TIMED_OUT
    ended = "timed out" if lapsed else "was cancelled"
    return Message(
        event=NoticeEvent.REQUEST_TIMED_OUT if lapsed else NoticeEvent.REQUEST_CANCELED,
        subject=f"PIM: Your request for the {request.role.name} role {ended}",
        text=f"{request.closing_reason} Ask again if you still need the role.",
        link=request.get_absolute_url(),
    )


def _assigned(request: AccessRequest, by: Party, zone: tzinfo, now: datetime) -> Message:
    result, name, role = request.result, request.principal.name, request.role.name
    until = f"until {short(result.ends_at, zone, now=now)}" if result.ends_at else "permanently"
    return Message(
        event=NoticeEvent.ROLE_ASSIGNED,
        subject=f"PIM: {name} was assigned the {role} role",
        text=f"{by.name} made {name} {result.get_kind_display().lower()} for {role}, {until}.",
        facts=(("Role", role), ("Where", request.resource.name)),
        link=result.get_absolute_url(),
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
