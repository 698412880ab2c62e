"""What has happened in the demo organisation so far: requests, decisions and activations of past weeks."""

from __future__ import annotations

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


def make_history(organisation: Organisation, now: datetime) -> None:
    """In the order of time, the clock writing down its part in between."""
    people = organisation.people
    john, jane, tom = people["john.doe"], people["approver"], people["tom.baker"]
    teams, reader = built_in.TEAMS_ADMINISTRATOR, built_in.SECURITY_READER

    at = now - timedelta(days=40)
    asked = ask(john, teams, at, minutes=120, why="Move the support queue to the new calling plan, CHG-3107")
    answer(asked, jane, at + timedelta(minutes=12), approve=True, why="Matches CHG-3107")

    at = now - timedelta(days=21)
    ask(john, reader, at, minutes=60, why="Check the sign-in report for the audit")

    at = now - timedelta(days=16)
    asked = ask(people["kenji.tanaka"], teams, at, minutes=480, why="Just in case")
    answer(asked, tom, at + timedelta(minutes=31), approve=False, why="Say what for, and ask for less time")

    at = now - timedelta(days=12)
    asked = ask(john, teams, at, minutes=90, why="Add numbers for the Hamburg office, CHG-2988")
    answer(asked, tom, at + timedelta(minutes=6), approve=True, why="Agreed in the change meeting")

    at = now - timedelta(days=9)
    ask(john, teams, at, minutes=60, why="Weekly check of meeting policies")
    settle(at + timedelta(days=2))

    at = now - timedelta(days=5)
    ask(
        people["kenji.tanaka"],
        built_in.CONTRIBUTOR,
        at,
        minutes=240,
        why="Roll back release 4.2.1",
        ticket="INC-20418",
    )
    settle(now)
    for person in people.values():
        notifications.mark_all_read(principal_id=person.id, until=now - READ_UNTIL, now=now)

    ask(
        people["maria.silva"],
        built_in.USER_ADMINISTRATOR,
        now - timedelta(minutes=23),
        minutes=120,
        why="Lock 14 leavers of the Porto office today, list in the ticket.",
        ticket="INC-20431",
    )
    ask(
        people["kenji.tanaka"],
        teams,
        now - timedelta(minutes=11),
        minutes=120,
        why="New calling plan for the on-call rota, CHG-3122",
    )


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
