"""How long after its end an activation is written down as ended, by a whole portal with its worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import quantiles

from django.utils import timezone

from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.roles.models import RoleDefinition
from tests.bench.ending import let_end
from tests.bench.figures import Figure
from tests.bench.ground import Grounds

COUNT = 1_000
_AHEAD = timedelta(seconds=10)  # so that all of them are written before the first ends
_AT_THE_LATEST = 120
_LOOK_EVERY_SECONDS = 0.05


def measure(grounds: Grounds, size: int) -> list[Figure]:
    ground = grounds.of(size)
    with ground.settled_portal():
        began = timezone.now()
        roles = let_end(COUNT, _within_a_second(began + _AHEAD), began=began - timedelta(hours=2))
        in_force = _in_force(roles)
        lags = _watch(roles)
    percentiles = quantiles(lags, n=100)
    part = f"{COUNT:,} activations that end within one second"
    return [
        Figure(part, "in force in the portal at their end", in_force, "", at_most=0),
        Figure(part, "recorded after, median", percentiles[49], "s"),
        Figure(part, "recorded after, 99 of 100", percentiles[98], "s", at_most=3),
    ]


def _within_a_second(first: datetime) -> Iterator[datetime]:
    for number in range(COUNT):
        yield first + timedelta(seconds=number / COUNT)


def _watch(roles: list[RoleDefinition]) -> list[float]:
    """Seconds from each end to when it was first seen to be recorded."""
    activations = Assignment.objects.activated().filter(role__in=roles)
    waiting = dict(activations.values_list("pk", "ends_at"))
    lags, until = [], time.monotonic() + _AT_THE_LATEST
    while waiting and time.monotonic() < until:
        ended = set(activations.filter(ended_at__isnull=False).values_list("pk", flat=True))
        now = timezone.now()
        lags += [(now - waiting.pop(pk)).total_seconds() for pk in ended & waiting.keys()]
        time.sleep(_LOOK_EVERY_SECONDS)
    return lags + [float(_AT_THE_LATEST)] * len(waiting)


def _in_force(roles: list[RoleDefinition]) -> int:
    """Before anything is written down of it: how many of some count at the very instant at which they end."""
    counting = 0
    rows = Assignment.objects.activated().filter(role__in=roles).select_related("activated_by")
    for row in rows[:50]:
        held = holdings_of(row.activated_by, now=row.ends_at).active
        counting += any(each.assignment.pk == row.pk for each in held)
    return counting
