"""What the overviews count of now: the same rows, by the same conditions, as the lists that they lead to.

The database counts, in the rows that are handed in: those that the reader may see, of their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Min, Q, Window
from django.db.models.functions import RowNumber

from apps.access_requests.models import AccessRequestQuerySet
from apps.access_requests.selectors.all_requests import waiting_still
from apps.access_requests.selectors.assignments import ENDING_SOON, NEW
from apps.accounts.models import Principal
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.assignments.selectors import groundless_of
from apps.common.access import Provider

_ELIGIBLE, _ACTIVE = (Q(kind=kind) for kind in Assignment.Kind)
_ASSIGNED, _ACTIVATED = (Q(origin=origin) for origin in Assignment.Origin)
_PERMANENT = Q(ends_at__isnull=True)


@dataclass(frozen=True)
class Held:
    """How many assignments run, or begin later."""

    eligible: int = 0
    active: int = 0
    permanent: int = 0  # of the active ones
    activated: int = 0
    eligible_ending: int = 0  # in the next 14 days
    assigned_ending: int = 0
    eligible_new: int = 0  # since 30 days
    assigned_new: int = 0

    @property
    def limited(self) -> int:
        """Active with an end."""
        return self.active - self.permanent

    def __add__(self, other: Held) -> Held:
        return Held(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class RoleHeld:
    """One role, and how many assignments of it run."""

    id: UUID
    name: str
    provider: str
    eligible: int
    active: int


@dataclass(frozen=True)
class Waits:
    """Requests that wait, and how long those decided in a period had waited."""

    count: int
    oldest: datetime | None
    decided: int
    median: timedelta | None
    most: timedelta | None  # nine of ten waited no longer


def running(rows: AssignmentQuerySet, *, now: datetime) -> AssignmentQuerySet:
    """Those of these rows that have not ended; activations without ground have. One or two queries."""
    left = rows.not_ended(now)
    return left.exclude(pk__in=[row.pk for row in groundless_of(left, now=now)])


def held_now(rows: AssignmentQuerySet, *, now: datetime) -> dict[tuple[Provider, Principal.Kind], Held]:
    """Of rows that run, by provider and kind of holder. One query."""
    ending, is_new = Q(ends_at__lte=now + ENDING_SOON), Q(created_at__gt=now - NEW)
    counts = {
        "eligible": _ELIGIBLE,
        "active": _ACTIVE,
        "permanent": _ACTIVE & _PERMANENT,
        "activated": _ACTIVATED,
        "eligible_ending": _ELIGIBLE & ending,
        "assigned_ending": _ACTIVE & _ASSIGNED & ending,
        "eligible_new": _ELIGIBLE & is_new,
        "assigned_new": _ACTIVE & _ASSIGNED & is_new,
    }
    found = rows.order_by().values_list("resource__provider", "principal__kind")
    found = found.annotate(**{name: Count("pk", filter=only) for name, only in counts.items()})
    return {(Provider(row[0]), Principal.Kind(row[1])): Held(*row[2:]) for row in found}


def most_held(rows: AssignmentQuerySet, *, at_most: int) -> list[RoleHeld]:
    """Of rows that run, the roles with the most. One query."""
    by_role = rows.order_by().values_list("role_id", "role__name", "role__provider")
    counted = by_role.annotate(
        eligible=Count("pk", filter=_ELIGIBLE), active=Count("pk", filter=_ACTIVE), total=Count("pk")
    )
    most = counted.order_by("-total", "role__name", "role_id")[:at_most]
    return [RoleHeld(*columns) for *columns, _ in most]


def next_to_end(rows: AssignmentQuerySet, *, at_most: int, now: datetime) -> Sequence[Assignment]:
    """Of rows that run, the assigned ones that end first, within 14 days. One query."""
    ending = rows.filter(_ASSIGNED, ends_at__lte=now + ENDING_SOON).with_names()
    return list(ending.order_by("ends_at", "id")[:at_most])


def newest(rows: AssignmentQuerySet, *, at_most: int, now: datetime) -> Sequence[Assignment]:
    """Of rows that run, those assigned last, within 30 days. One query."""
    new = rows.filter(_ASSIGNED, created_at__gt=now - NEW).with_names()
    return list(new.order_by("-created_at", "-id")[:at_most])


def waits_of(rows: AccessRequestQuerySet, *, since: datetime, now: datetime) -> Waits:
    """How many of these requests wait, and how long those had waited on which somebody has decided since
    then. A fixed number of queries."""
    waiting = waiting_still(rows, now=now).order_by()
    ranks = list(_ranks(rows.filter(approvals__decided_at__gt=since)))
    return Waits(
        **waiting.aggregate(count=Count("pk"), oldest=Min("created_at")),
        decided=ranks[0][1] if ranks else 0,
        median=ranks[0][0] if ranks else None,
        most=ranks[-1][0] if ranks else None,
    )


def _ranks(decided: AccessRequestQuerySet) -> Iterable[tuple[timedelta, int]]:
    """The time waited by the one in the middle, and by the one at nine tenths of all, and how many there are:
    two rows, or one that is both."""
    waited = decided.order_by().annotate(waited=F("approvals__decided_at") - F("created_at"))
    ranked = waited.annotate(
        rank=Window(RowNumber(), order_by=[F("waited"), F("id")]), total=Window(Count("pk"))
    )
    middle, nine_tenths = (F("total") + 1) / 2, (F("total") * 9 + 9) / 10
    wanted = ranked.filter(Q(rank=middle) | Q(rank=nine_tenths))
    return wanted.order_by("rank").values_list("waited", "total")
