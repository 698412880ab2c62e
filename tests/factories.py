"""Builders that reach a state through the real commands. All take an explicit `now`."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from apps.access_requests.asks import THE_CONSOLE, Actor, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.deciding import evidence_on
from apps.access_requests.services.deciding import Verdict, decide
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.accounts.models import Group, Principal, Session, User
from apps.accounts.policy import SecondFactor
from apps.accounts.services.factors import enrol_authenticator
from apps.accounts.services.people import create_user
from apps.assignments import services as assignments
from apps.assignments.models import Assignment
from apps.assignments.selectors import access_of, holdings_of
from apps.audit.vocabulary import CONSOLE, Party
from apps.common.period import Period
from apps.roles import built_in
from apps.roles.models import Resource, RoleDefinition, RoleSettings
from apps.roles.policy.rules import RoleRules, Seat, SeatKind
from apps.roles.selectors import as_rules, directory, settings_at
from apps.roles.services.groups import create_group
from apps.roles.services.resources import create_resource
from apps.roles.services.settings import save_settings

_REASON = "For a test"
_numbers = itertools.count(1)


def make_user(name: str = "", *, now: datetime, enrolled: bool = True, **facts: object) -> User:
    """A person with a second factor, so that they can be reached as an approver."""
    name = name or f"Person {next(_numbers)}"
    email = facts.pop("email", f"{name.lower().replace(' ', '.')}@example.com")
    user = create_user(name=name, email=email, actor=CONSOLE, now=now, **facts)
    if enrolled:
        enrol_authenticator(user=user, name="Phone", actor=CONSOLE, now=now)
    return user


def make_session(user: User, *, now: datetime) -> Session:
    """One in another browser, begun now."""
    key, public_id = f"session-{next(_numbers)}", uuid4()
    times = {"signed_in_at": now, "seen_at": now, "expire_date": now + timedelta(hours=12)}
    return Session.objects.create(session_key=key, public_id=public_id, user=user, **times)


def make_group(name: str = "", *, now: datetime, **facts: object) -> Group:
    facts = {"is_managed": True} | facts
    return create_group(actor=CONSOLE, name=name or f"Group {next(_numbers)}", now=now, **facts)


def make_resource(
    name: str = "", *, now: datetime, parent: Resource | None = None, kind: str = "Subscription"
) -> Resource:
    name = name or f"Resource {next(_numbers)}"
    return create_resource(actor=CONSOLE, kind=kind, name=name, parent=parent, now=now)


def role(role_id: UUID) -> RoleDefinition:
    return RoleDefinition.objects.get(pk=role_id)


def set_rules(
    role_id: UUID = built_in.TEAMS_ADMINISTRATOR,
    *,
    now: datetime,
    resource: Resource | None = None,
    approvers: tuple[Principal, ...] = (),
    **values: object,
) -> None:
    """The rules there are, or the directory's, with these values instead and exactly these approvers."""
    seats = tuple(
        Seat(SeatKind.PRINCIPAL, principal.id, principal.name, principal.is_group) for principal in approvers
    )
    if approvers:
        values = {"requires_approval": True} | values
    save_rules(role_id, now=now, resource=resource, approvers=seats, **values)


def save_rules(
    role_id: UUID = built_in.TEAMS_ADMINISTRATOR,
    *,
    now: datetime,
    resource: Resource | None = None,
    actor: Party = CONSOLE,
    **values: object,
) -> RoleSettings:
    """`set_rules` with every kind of approver."""
    held = role(role_id)
    row = settings_at(held, resource).row
    rules = replace(as_rules(row) if row else RoleRules(), **values)
    return save_settings(actor=actor, role=held, resource=resource, rules=rules, now=now)


def assign(
    principal: Principal,
    role_id: UUID = built_in.TEAMS_ADMINISTRATOR,
    resource: Resource | None = None,
    *,
    now: datetime,
    kind: Assignment.Kind = Assignment.Kind.ELIGIBLE,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Assignment:
    """An assignment made by the console; without a resource on the directory.

    It is written as the door writes it, but without what the door asks, tells and records beside it, which
    takes forty times as long. Tests of just that say so with `at_the_door`.
    """
    place = resource or directory()
    return _write(principal, role_id, place, kind, Period(starts_at or now, ends_at), now)


def write_row(
    principal: Principal,
    role_id: UUID,
    resource: Resource,
    kind: Assignment.Kind,
    period: Period,
    now: datetime,
) -> Assignment:
    return assignments.assign(
        principal=getattr(principal, "principal", principal),
        role=role(role_id),
        resource=resource,
        kind=kind,
        period=period,
        by=CONSOLE,
        now=now,
        why=assignments.Why(_REASON),
    )


def ask_at_the_door(
    principal: Principal,
    role_id: UUID,
    resource: Resource,
    kind: Assignment.Kind,
    period: Period,
    now: datetime,
) -> Assignment:
    ask = Ask(
        Action.ADMIN_ASSIGN,
        principal_id=principal.id,
        role_id=role_id,
        resource_id=resource.id,
        kind=kind,
        starts_at=period.start if period.start > now else None,
        ends_at=period.end,
        said=Said(justification=_REASON),
    )
    return submit(ask, actor=THE_CONSOLE, now=now).result


_write = write_row


def make_active(
    principal: Principal, role_id: UUID, resource: Resource | None = None, **facts: object
) -> Assignment:
    return assign(principal, role_id, resource, kind=Assignment.Kind.ACTIVE, **facts)


def join(principal: Principal, group: Group, *, now: datetime, days: int = 90) -> Assignment:
    """Membership of a managed group, for a time. A group joins another with all its members."""
    return make_active(
        principal, built_in.GROUP_MEMBER, group.resource, now=now, ends_at=now + timedelta(days=days)
    )


def may_join(principal: Principal, group: Group, *, now: datetime, days: int = 90) -> Assignment:
    """Eligibility for membership: no member, until it is activated."""
    return assign(
        principal, built_in.GROUP_MEMBER, group.resource, now=now, ends_at=now + timedelta(days=days)
    )


def acting(user: User, *, now: datetime, proven_at: datetime | None = None) -> Actor:
    """This person with what they may do now and, unless told otherwise, a second factor proven now."""
    access = access_of(user.id, holdings_of(user, now=now))
    return Actor.person(user, access=access, second_factor=SecondFactor(proven_at or now, device="Phone"))


def activation_of(eligible: Assignment, **facts: object) -> Ask:
    """The ask to activate this, for an hour with a reason unless told otherwise."""
    said = Said(
        justification=facts.pop("justification", "Because"),
        ticket_number=facts.pop("ticket_number", ""),
        ticket_system=facts.pop("ticket_system", ""),
    )
    return Ask(Action.SELF_ACTIVATE, assignment_id=eligible.id, said=said, **({"minutes": 60} | facts))


def activate(eligible: Assignment, user: User, *, now: datetime, **facts: object) -> AccessRequest:
    return submit(activation_of(eligible, **facts), actor=acting(user, now=now), now=now)


def answer(
    request: AccessRequest, approver: User, *, now: datetime, approve: bool = True, why: str = "Agreed"
) -> AccessRequest:
    """Decide on exactly what the approver is shown now."""
    item = AccessRequest.objects.with_names().get(pk=request.pk)
    digest = evidence_on(item, reader=approver, now=now).digest
    return decide(Verdict(item.id, approve, digest, why), actor=acting(approver, now=now), now=now)


def disable(user: User) -> None:
    """Nobody may do this by a command yet, so the column is set."""
    User.objects.filter(pk=user.pk).update(is_enabled=False)
    user.refresh_from_db()
