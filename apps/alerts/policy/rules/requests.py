"""What is found in how roles are asked for, approved and activated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from apps.alerts.policy.rules.saying import day, resource_id, role_ids, role_there
from apps.alerts.policy.terms import Found, Settings
from apps.audit.vocabulary import Party, Place

USES_KNOWN, PAIRS_KNOWN, HASTE_KNOWN = timedelta(days=7), timedelta(days=90), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody activated a role. Sorted by person, role and place, then by time."""

    person: Party
    role_id: str
    role: str
    place: Place
    at: datetime


@dataclass(frozen=True, slots=True)
class Pair:
    """How often one person decided on requests of another on a resource, lately. Sorted by requester and
    place."""

    requester: Party
    approver: Party
    place: Place
    decided: int


@dataclass(frozen=True, slots=True)
class Approved:
    """Somebody approved a request so long after it was sent. Sorted by approver and place."""

    approver: Party
    place: Place
    after: timedelta


@dataclass(frozen=True, slots=True)
class OwnGrant:
    """An admin gave this to themself, or to a group they are in, with nobody else to decide."""

    request_id: str
    assignment_id: str
    by: Party
    holder: Party
    role: str
    place: Place
    at: datetime


def activated_too_frequently(uses: Iterable[Use], settings: Settings, now: datetime) -> Iterator[Found]:
    for (person, role_id, role, place), theirs in groupby(
        uses, key=lambda use: (use.person, use.role_id, use.role, use.place)
    ):
        setting, instants = settings.at(place), [use.at for use in theirs]
        most = _most_within(timedelta(hours=setting["hours"]), instants)
        if most >= setting["count"]:
            often = f"{most} times within {setting['hours']} hours"
            text = f"{person.name} activated {role} on {place.name} {often}, last on {day(instants[-1])}."
            key = f"person:{person.id}:{role_there(role_id, place)}"
            yield Found(key, place, text, person, role, role_ids(role_id, place) | {"person": person.id})


def _most_within(span: timedelta, instants: Sequence[datetime]) -> int:
    """The most of these sorted instants in any half-open stretch of this length."""
    first = most = 0
    for at, instant in enumerate(instants):
        while instant - instants[first] >= span:
            first += 1
        most = max(most, at - first + 1)
    return most


def always_the_same_pair(pairs: Iterable[Pair], settings: Settings, now: datetime) -> Iterator[Found]:
    for (requester, place), theirs in groupby(pairs, key=lambda pair: (pair.requester, pair.place)):
        first, *others = theirs
        if not others and first.decided >= settings.at(place)["count"]:
            text = f"All {first.decided} requests of {requester.name} on {place.name} that somebody decided"
            yield Found(
                f"person:{requester.id}:resource:{resource_id(place)}",
                place,
                f"{text} in the last {PAIRS_KNOWN.days} days were decided by {first.approver.name}.",
                requester,
                ids={"person": requester.id, "approver": first.approver.id},
            )


def hasty_approvals(approved: Iterable[Approved], settings: Settings, now: datetime) -> Iterator[Found]:
    for (approver, place), theirs in groupby(approved, key=lambda each: (each.approver, each.place)):
        setting = settings.at(place)
        fast = sum(each.after < timedelta(seconds=setting["seconds"]) for each in theirs)
        if fast >= setting["times"]:
            haste = f"each less than {setting['seconds']} seconds after it was sent"
            when = f"in the last {HASTE_KNOWN.days} days"
            yield Found(
                f"person:{approver.id}:resource:{resource_id(place)}",
                place,
                f"{approver.name} approved {fast} requests on {place.name} {when}, {haste}.",
                approver,
                ids={"person": approver.id},
            )


def granted_oneself(grants: Iterable[OwnGrant], settings: Settings, now: datetime) -> Iterator[Found]:
    for grant in grants:
        group = f"the group {grant.holder.name}, and so themself,"
        whom = group if grant.holder.kind == "group" else "themself"
        what = f"{grant.role} on {grant.place.name} on {day(grant.at)}"
        yield Found(
            f"request:{grant.request_id}",
            grant.place,
            f"{grant.by.name} gave {whom} {what}. Nobody else agreed.",
            grant.holder,
            grant.role,
            {"assignment": grant.assignment_id, "request": grant.request_id, "person": grant.by.id},
        )
