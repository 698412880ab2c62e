"""What has happened in the demo organisation so far: sign-ins, requests, decisions and reviews."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from uuid import UUID

from apps.access_requests.asks import THE_CONSOLE, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.deciding import evidence_on
from apps.access_requests.services.deciding import Verdict, decide
from apps.access_requests.services.door import submit
from apps.access_requests.services.settling import settle_all
from apps.access_requests.states import Action
from apps.accounts.models import User
from apps.accounts.services.sign_in import record_sign_in
from apps.assignments.models import Assignment
from apps.assignments.sweep import write_down_the_clock
from apps.notifications import services as notifications
from apps.portal.demo import reviews
from apps.portal.demo.acting import acting
from apps.portal.demo.organisation import Organisation
from apps.roles import built_in

DAY = timedelta(days=1)
READ_UNTIL = 2 * DAY  # older notices have been read

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
    Past(timedelta(minutes=52), "amara.okafor", CONTRIBUTOR, 240, "Release 4.3.0", "CHG-3124"),
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


@dataclass(frozen=True)
class Habit:
    """What somebody did so many days ago, again and again; `waits`: the minutes that their approver took."""

    by: str
    role_id: UUID
    minutes: int
    why: str
    days: tuple[int, ...]
    ticket: str = ""
    approver: str = ""
    waits: tuple[int, ...] = ()

    def pasts(self) -> Iterator[Past]:
        for number, days in enumerate(self.days):
            reply = None
            if self.approver:
                waited = timedelta(minutes=self.waits[number % len(self.waits)])
                reply = Reply(self.approver, waited, approve=True, why="As every time")
            ago = days * DAY + number % 5 * timedelta(hours=1)
            yield Past(ago, self.by, self.role_id, self.minutes, self.why, self.ticket, reply)


HABITS = (
    Habit("kenji.tanaka", CONTRIBUTOR, 240, "Weekly release", (60, 33, 26, 19, 12), "CHG-2000"),
    Habit("amara.okafor", CONTRIBUTOR, 120, "Check of the release", (46, 25, 11, 3), "CHG-2000"),
    Habit("john.doe", READER, 60, "Look at the sign-ins of the week", (36, 28, 14, 7)),
    Habit(
        "maria.silva",
        USERS,
        90,
        "Joiners and leavers of the week",
        (52, 24, 10, 4),
        "INC-20000",
        "approver",
        (9, 75, 4, 24),
    ),
)

# Who built the platform was Contributor of what is shared all day, until so many days ago.
NO_LONGER_STANDING = (("kenji.tanaka", 71), ("amara.okafor", 43), ("tom.baker", 38), ("fatima.noor", 16))

# When people signed in, counted back from now: what an access review looks at.
SIGN_INS = (
    ("john.doe", (101 * DAY, 20 * DAY, 1 * DAY)),
    ("approver", (99 * DAY, 14 * DAY)),
    ("admin", (102 * DAY, 15 * DAY)),
    ("auditor", (105 * DAY, 17 * DAY)),
    ("reviewer", (98 * DAY, 2 * DAY)),
    ("tom.baker", (13 * DAY,)),
    ("maria.silva", (102 * DAY, 13 * DAY)),
    ("kenji.tanaka", (17 * DAY, 4 * DAY)),
    ("amara.okafor", (16 * DAY, 12 * DAY)),
    ("chloe.martin", (14 * DAY,)),
    ("elif.kaya", (13 * DAY,)),
    ("fatima.noor", (15 * DAY,)),
    ("diego.alvarez", (70 * DAY,)),
    ("ben.carter", (54 * DAY,)),
    ("greta.lind", (88 * DAY,)),
    ("guest", (6 * DAY,)),
)


def make_history(organisation: Organisation, now: datetime) -> None:
    """In the order of time, the clock writing down its part in between."""
    people = organisation.people
    routine = (past for habit in HABITS for past in habit.pasts())
    happened = [
        *((now - past.ago, partial(_request, past, people)) for past in (*HISTORY, *routine)),
        *((now - ago, partial(_sign_in, people[name])) for name, several in SIGN_INS for ago in several),
        *((now - days * DAY, partial(_take_back, people[name])) for name, days in NO_LONGER_STANDING),
        *((now - ago, partial(_review, act, organisation)) for ago, act in reviews.HISTORY),
    ]
    for at, act in sorted(happened, key=itemgetter(0)):
        act(at)
    settle(now)
    for person in people.values():
        notifications.mark_all_read(principal_id=person.id, until=now - READ_UNTIL, now=now)


def _request(past: Past, people: Mapping[str, User], at: datetime) -> None:
    request = ask(people[past.by], past.role_id, at, minutes=past.minutes, why=past.why, ticket=past.ticket)
    if past.reply is not None:
        reply = past.reply
        answer(request, people[reply.by], at + reply.after, approve=reply.approve, why=reply.why)


def _take_back(user: User, at: datetime) -> None:
    standing = Assignment.objects.active().get(principal_id=user.id, role_id=CONTRIBUTOR, origin="assigned")
    said = Said(justification="Eligible is enough: activate it when it is needed.")
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=standing.id, said=said), actor=THE_CONSOLE, now=at)


def _review(act: reviews.Act, organisation: Organisation, at: datetime) -> None:
    settle(at)
    act(organisation, at)


def _sign_in(user: User, at: datetime) -> None:
    record_sign_in(user=user, network="192.0.2.17", now=at)


def ask(
    user: User, role_id: UUID, at: datetime, *, minutes: int, why: str, ticket: str = ""
) -> AccessRequest:
    """One person asks for a role they are eligible for themself, with a second factor just proven."""
    eligible = Assignment.objects.eligible().get(principal_id=user.id, role_id=role_id)
    said = Said(justification=why, ticket_number=ticket, ticket_system="Service desk" if ticket else "")
    return submit(
        Ask(Action.SELF_ACTIVATE, assignment_id=eligible.id, minutes=minutes, said=said),
        actor=acting(user, at),
        now=at,
    )


def answer(request: AccessRequest, approver: User, at: datetime, *, approve: bool, why: str) -> None:
    item = AccessRequest.objects.with_names().get(pk=request.pk)
    digest = evidence_on(item, reader=approver, now=at).digest
    decide(Verdict(item.id, approve, digest, why), actor=acting(approver, at), now=at)


def settle(at: datetime) -> None:
    """What the background did up to an earlier time, each thing in its own second."""
    ends = Assignment.objects.past_their_end(at).values_list("ends_at", flat=True)
    deadlines = AccessRequest.objects.past_their_deadline(at).values_list("deadline_at", flat=True)
    rounds = set(reviews.moments(at))
    for instant in sorted({*ends, *deadlines, *rounds, at}):
        write_down_the_clock(now=instant)
        settle_all(now=instant)
        if instant in rounds:
            reviews.work(instant)
