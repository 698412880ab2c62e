"""What is known about the rows that are to be reviewed: who holds them, and what they made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from statistics import median
from uuid import UUID

from django.db.models import Count, F, Max, Q

from apps.access_requests.models import Approval
from apps.accounts.models import User
from apps.assignments.membership import members_of, people_within
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.common.lookup import present
from apps.reviews.policy.recommending import LOOK_BACK_DAYS, USE_WINDOW, Evidence, Person, habit_of

__all__ = ["Evidence", "Person", "evidence_for"]


def evidence_for(
    rows: Sequence[Assignment],
    *,
    now: datetime,
    look_back_days: int = LOOK_BACK_DAYS,
    zone: tzinfo = UTC,
) -> dict[UUID, Evidence]:
    """What is known of each of these *assigned* rows, loaded `with_names`, by their ids. Seven queries at
    most, however many rows and people there are; four where no group holds one."""
    ids = [row.id for row in rows]
    people = _people_of(rows, now)
    uses = _uses_of(ids, now)
    decided = _decided_on(ids, now)
    return {
        row.id: Evidence(
            at=now,
            look_back_days=look_back_days,
            zone=zone,
            is_group=row.principal.is_group,
            is_eligible=row.kind == Assignment.Kind.ELIGIBLE,
            is_permanent=row.is_permanent,
            held_since=row.starts_at,
            holder_created_at=row.principal.created_at,
            people=people[row.principal_id],
            activations=len(uses[row.id].starts),
            last_used_at=uses[row.id].last_at,
            usual_minutes=uses[row.id].usual_minutes,
            habit=habit_of(uses[row.id].starts, now=now),
            decided_requests=decided.get(row.id, 0),
        )
        for row in rows
    }


# ---- Who holds them ----------------------------------------------------------------------------------------


def _people_of(rows: Sequence[Assignment], now: datetime) -> dict[UUID, tuple[Person, ...]]:
    """Each holder's, by name. Of a group those who are in it, and those who may come to be in it: with the
    group's row each of them would lose something."""
    groups = {row.principal_id for row in rows if row.principal.is_group}
    within = people_within(groups, now=now)
    members = members_of(groups, now=now)
    ids = {row.principal_id for row in rows}.union(*within.values())
    users = {user.id: _person(user) for user in User.objects.filter(id__in=ids).order_by("name", "id")}
    found: dict[UUID, tuple[Person, ...]] = {id_: (person,) for id_, person in users.items()}
    for group, people in within.items():
        found[group] = tuple(_in(members[group], users[id_]) for id_ in users if id_ in people)
    return found


def _person(user: User) -> Person:
    return Person(
        id=user.id,
        name=user.name,
        email=user.email,
        created_at=user.created_at,
        is_enabled=user.is_enabled,
        last_sign_in_at=user.last_sign_in_at,
    )


def _in(members: Collection[UUID], person: Person) -> Person:
    return person if person.id in members else replace(person, is_member=False)


# ---- What they made of them --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Uses:
    """The activations of one row: the instants at which those of the window began, their median length until
    they ended or, of what still runs, will end, and the last one ever."""

    starts: tuple[datetime, ...] = ()
    usual_minutes: int | None = None
    last_at: datetime | None = None


def _uses_of(ids: Collection[UUID], now: datetime) -> Mapping[UUID, _Uses]:
    begun = _begun(ids, now)
    lately: dict[UUID | None, list[tuple[datetime, float]]] = defaultdict(list)
    recent = begun.filter(starts_at__gt=now - USE_WINDOW)
    for parent, start, end, ended in recent.values_list("parent_id", "starts_at", "ends_at", "ended_at"):
        lately[parent].append((start, (present(ended or end) - start) / timedelta(minutes=1)))
    found: dict[UUID, _Uses] = defaultdict(_Uses)
    for parent, last in begun.values_list("parent_id").annotate(last=Max("starts_at")):
        starts = tuple(start for start, _ in lately[parent])
        lengths = [minutes for _, minutes in lately[parent]]
        found[parent] = _Uses(starts, round(median(lengths)) if lengths else None, last)
    return found


def _begun(ids: Collection[UUID], now: datetime) -> AssignmentQuerySet:
    """What was activated from these and has begun; what was given back before its start never did."""
    began = Q(ended_at__isnull=True) | Q(ended_at__gt=F("starts_at"))
    return Assignment.objects.activated().filter(began, parent__in=ids, starts_at__lte=now)


def _decided_on(ids: Collection[UUID], now: datetime) -> dict[UUID, int]:
    """How many requests to activate each of these somebody approved or denied in the window."""
    decided = Approval.objects.filter(
        request__eligible__in=ids, decided_at__gt=now - USE_WINDOW, decided_at__lte=now
    )
    return dict(decided.values_list("request__eligible").annotate(Count("id")))
