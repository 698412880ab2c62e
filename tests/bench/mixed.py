"""Eight people at once: their mixed day on the portal, and as many lists and changes on the floor."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import quantiles

from django.utils import timezone

from apps.accounts.models import User
from tests.bench.figures import Figure
from tests.bench.ground import FLOOR, Grounds, say
from tests.driving.cast import Cast, make_cast
from tests.driving.day import Day, Seat

PEOPLE = 8
ROUNDS = 100  # of each of them, on a large organisation
_WARM_UP = 5


class FloorSeat(Seat):
    """The floor's list instead of each list, and for each other part two lists and a change: as many as most
    of the portal's take."""

    def do_list(self) -> None:
        self.administrator.page("/floor/")

    def do_ask(self) -> None:
        self.administrator.page("/floor/")
        form = self.administrator.page("/floor/").form(having="pick")
        form.action = "/floor/write/"
        self.administrator.send(form)

    do_decide = do_administer = do_ask


@dataclass(frozen=True)
class Result:
    """Of one day."""

    per_second: float
    slowest_but_one_in_100: float  # milliseconds
    share_of_changes: float
    failures: int


def measure(grounds: Grounds, size: int) -> list[Figure]:
    ground = grounds.of(size)
    days = User.objects.filter(name__endswith="Asker 1").count()
    cast = make_cast(PEOPLE, now=timezone.now(), called=f"{days} ")
    rounds = max(ROUNDS * size // 100_000, ROUNDS // 5)
    with ground.portal(FLOOR) as floor:
        least = _day(floor.url, cast, rounds, FloorSeat)
    with ground.settled_portal() as portal:
        ours = _day(portal.url, cast, rounds, Seat)
    return _figures(ours, least)


def _day(url: str, cast: Cast, rounds: int, seat: type[Seat]) -> Result:
    Day([url], cast, seat=seat, seed=2).run(rounds=_WARM_UP)
    began = time.perf_counter()
    day = Day([url], cast, seat=seat).run(rounds=rounds)
    seconds = time.perf_counter() - began
    lost = day.lost() if seat is Seat else []
    for deed in (*day.failures, *lost):
        say(f"{deed.method} {deed.path} was answered {deed.status} {deed.said[:200]}")
    for surprise in day.surprises:
        say(surprise)
    return Result(
        per_second=len(day.deeds) / seconds,
        slowest_but_one_in_100=quantiles((deed.seconds for deed in day.deeds), n=100)[98] * 1000,
        share_of_changes=100 * sum(deed.method == "POST" for deed in day.deeds) / len(day.deeds),
        failures=len(day.failures) + len(lost) + len(day.surprises),
    )


def _figures(ours: Result, floor: Result) -> list[Figure]:
    part = f"Mixed day of {PEOPLE} people at once"
    slowest = floor.slowest_but_one_in_100
    return [
        Figure(part, "throughput", ours.per_second, "/s", floor.per_second, at_least=0.4),
        Figure(part, "99 of 100 within", ours.slowest_but_one_in_100, "ms", slowest, at_most=3),
        Figure(part, "errors, and acknowledged changes that are lost", ours.failures, "", at_most=0),
        Figure(part, "share of changes", ours.share_of_changes, "%", floor.share_of_changes),
    ]
