"""What has happened in the demo organisation so far: requests, decisions and activations of past weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apps.access_requests.asks import Actor, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.deciding import evidence_on
from apps.access_requests.services.deciding import Verdict, decide
from apps.access_requests.services.door import submit
from apps.access_requests.services.settling import settle_all
from apps.access_requests.states import Action
from apps.accounts.models import User
from apps.accounts.policy import SecondFactor
from apps.assignments.models import Assignment
from apps.assignments.selectors import access_of, holdings_of
from apps.assignments.sweep import write_down_the_clock
from apps.notifications import services as notifications
from apps.portal.demo.organisation import Organisation
from apps.roles import built_in

READ_UNTIL = timedelta(days=2)  # older notices have been read

TEAMS, READER = built_in.TEAMS_ADMINISTRATOR, built_in.SECURITY_READER
CONTRIBUTOR, USERS = built_in.CONTRIBUTOR, built_in.USER_ADMINISTRATOR


@dataclass(frozen=True)
class Reply:
    """What an approver answered, so long after the request."""

    by: str
    after: timedelta
    approve: bool
    why: str


@dataclass(frozen=True)
class Past:
    """One request, `ago` before now. Without a reply it needed none, timed out, or still waits."""

    ago: timedelta
    by: str
    role_id: UUID
    minutes: int
    why: str
    ticket: str = ""
    reply: Reply | None = None


HISTORY = (
    Past(
        timedelta(days=40),
        "john.doe",
        TEAMS,
        120,
        "Move the support queue to the new calling plan, CHG-3107",
        reply=Reply("approver", timedelta(minutes=12), approve=True, why="Matches CHG-3107"),
    ),
    Past(timedelta(days=21), "john.doe", READER, 60, "Check the sign-in report for the audit"),
    Past(
        timedelta(days=16),
        "kenji.tanaka",
        TEAMS,
        480,
        "Just in case",
        reply=Reply(
            "tom.baker", timedelta(minutes=31), approve=False, why="Say what for, and ask for less time"
        ),
    ),
    Past(
        timedelta(days=12),
        "john.doe",
        TEAMS,
        90,
        "Add numbers for the Hamburg office, CHG-2988",
        reply=Reply("tom.baker", timedelta(minutes=6), approve=True, why="Agreed in the change meeting"),
    ),
    Past(timedelta(days=9), "john.doe", TEAMS, 60, "Weekly check of meeting policies"),
    Past(timedelta(days=5), "kenji.tanaka", CONTRIBUTOR, 240, "Roll back release 4.2.1", "INC-20418"),
    Past(
        timedelta(minutes=23),
        "maria.silva",
        USERS,
        120,
        "Lock 14 leavers of the Porto office today, list in the ticket.",
        "INC-20431",
    ),
    Past(
        timedelta(minutes=11), "kenji.tanaka", TEAMS, 120, "New calling plan for the on-call rota, CHG-3122"
    ),
)


def make_history(organisation: Organisation, now: datetime) -> None:
    """In the order of time, the clock writing down its part in between."""
    people = organisation.people
    for past in HISTORY:
        at = now - past.ago
        request = ask(
            people[past.by], past.role_id, at, minutes=past.minutes, why=past.why, ticket=past.ticket
        )
        if past.reply is not None:
            reply = past.reply
            answer(request, people[reply.by], at + reply.after, approve=reply.approve, why=reply.why)
    settle(now)
    for person in people.values():
        notifications.mark_all_read(principal_id=person.id, until=now - READ_UNTIL, now=now)


def ask(
    user: User, role_id: UUID, at: datetime, *, minutes: int, why: str, ticket: str = ""
) -> AccessRequest:
    """One person asks for a role they are eligible for themself, with a second factor just proven."""
    settle(at)
    eligible = Assignment.objects.eligible().get(principal_id=user.id, role_id=role_id)
    said = Said(justification=why, ticket_number=ticket, ticket_system="Service desk" if ticket else "")
    return submit(
        Ask(Action.SELF_ACTIVATE, assignment_id=eligible.id, minutes=minutes, said=said),
        actor=_actor(user, at),
        now=at,
    )


def answer(request: AccessRequest, approver: User, at: datetime, *, approve: bool, why: str) -> None:
    item = AccessRequest.objects.with_names().get(pk=request.pk)
    digest = evidence_on(item, reader=approver, now=at).digest
    decide(Verdict(item.id, approve, digest, why), actor=_actor(approver, at), now=at)


def settle(at: datetime) -> None:
    """What the background did up to an earlier time, each thing in its own second."""
    ends = Assignment.objects.past_their_end(at).values_list("ends_at", flat=True)
    deadlines = AccessRequest.objects.past_their_deadline(at).values_list("deadline_at", flat=True)
    for instant in sorted({*ends, *deadlines, at}):
        write_down_the_clock(now=instant)
        settle_all(now=instant)


def _actor(user: User, at: datetime) -> Actor:
    access = access_of(user.id, holdings_of(user, now=at))
    factor = SecondFactor(at, in_this_post=True, device="Authenticator app")
    return Actor.person(user, access=access, second_factor=factor)
