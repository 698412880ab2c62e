"""How far rounds are: in numbers, desk by desk, and while a worker is busy with one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Count, ExpressionWrapper, Prefetch, Q, QuerySet

from apps.common.access import Access
from apps.common.lookup import present
from apps.common.paging import Column, Page, page_of
from apps.common.text import any_of
from apps.reviews.models import Desk, Item, Review, Round, Seat
from apps.reviews.models.reviews import reading
from apps.reviews.policy.desks import DeskKind, kind_of
from apps.reviews.policy.tally import Kind, Tally
from apps.reviews.selectors.reviewed import held_at
from apps.reviews.selectors.rounds import RoundHead
from apps.reviews.states import UNDER_WAY, Answer, ApplyResult, Outcome, RoundState

EVERY_LINE = Q()
BARS = 8  # desks that the overview shows
SITTING = Prefetch("seats", Seat.objects.select_related("principal__user").order_by("principal__name", "id"))
_NEWEST = (Column("number", int, descending=True),)


def tallies(rounds: Collection[UUID], access: Access) -> Mapping[UUID, Tally]:
    """Of the lines that somebody sees, by the id of the round. One query."""
    facts = (
        Item.objects.filter(round__in=rounds)
        .visible_to(access)
        .order_by()
        .annotate(is_handled=_whether(Q(handled_at__isnull=False)), is_nobodys=_whether(Q(desk__isnull=True)))
        .values_list("round", "answer", "outcome", "apply_result", "is_handled", "is_nobodys")
        .annotate(Count("pk"))
    )
    counts: dict[UUID, list[tuple[Kind, int]]] = defaultdict(list)
    for id_, *facts_of_kind, count in facts:
        counts[id_].append((Kind(*facts_of_kind), count))
    return {id_: Tally(tuple(counts[id_])) for id_ in rounds}


def tally_of(head: RoundHead) -> Tally:
    return tallies([head.round.pk], head.access)[head.round.pk]


def _whether(condition: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(condition, output_field=BooleanField())


# ---- Rounds of a series ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RoundLine:
    round: Round
    tally: Tally


def rounds_of(review: Review, access: Access, *, after: str = "") -> tuple[Page[Round], list[RoundLine]]:
    """The rounds of a series, the latest first, with their results in numbers. Two queries."""
    page = page_of(review.rounds.select_related("review"), _NEWEST, after=after)
    found = tallies([row.pk for row in page.rows], access)
    return page, [RoundLine(row, found[row.pk]) for row in page.rows]


# ---- Desks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """A desk of the stage that a round is in, and how many of its lines have an answer."""

    desk: Desk
    lines: int
    decided: int

    @property
    def left(self) -> int:
        return self.lines - self.decided

    @property
    def kind(self) -> DeskKind:
        return kind_of(self.desk.key)

    @property
    def names(self) -> str:
        return any_of([seat.principal.name for seat in self.desk.seats.all()])


def fullest_desks(head: RoundHead) -> list[Bar]:
    """Those with most left to do. Three queries."""
    counts = list(_counts(head, order=("-left", "-lines", "desk"))[:BARS])
    desks = Desk.objects.prefetch_related(SITTING).in_bulk([row["desk"] for row in counts])
    return [Bar(desks[row["desk"]], row["lines"], row["lines"] - row["left"]) for row in counts]


def bars_of(head: RoundHead, desks: Sequence[Desk]) -> dict[UUID, Bar]:
    """How far these desks are, by their ids. One query."""
    counts = {row["desk"]: row for row in _counts(head, Q(desk__in=desks))}
    nothing = {"lines": 0, "left": 0}
    found = {desk.pk: counts.get(desk.pk, nothing) for desk in desks}
    return {
        desk.pk: Bar(desk, (row := found[desk.pk])["lines"], row["lines"] - row["left"]) for desk in desks
    }


def _counts(head: RoundHead, which: Q = EVERY_LINE, *, order: Sequence[str] = ()) -> QuerySet[Item, Any]:
    left = Count("pk", filter=Q(answer=Answer.NOT_REVIEWED))
    lines = head.lines.filter(which, stage=head.round.stage, desk__isnull=False)
    return lines.order_by().values("desk").annotate(lines=Count("pk"), left=left).order_by(*order)


# ---- While a worker is busy --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """What happens now. `total` is 0 where nobody can say how much there is."""

    says: str
    done: int = 0
    total: int = 0


def is_busy(round_: Round, *, now: datetime) -> bool:
    """Whether a worker is at it, or is about to be."""
    begins = round_.state == RoundState.NOT_STARTED and round_.starts_at <= now
    closes = round_.state == RoundState.IN_PROGRESS and not round_.takes_answers(now)
    return round_.state in UNDER_WAY or begins or closes


def work_on(head: RoundHead, *, now: datetime) -> Work | None:
    """How far a worker is with it, as far as its reader sees; None while it waits for people or for the
    clock. Two queries at most."""
    round_ = head.round
    if not is_busy(round_, now=now):
        return None
    if round_.state == RoundState.STARTING:
        return _writing(head) if round_.stage == 1 else _handing_on(head)
    if round_.state == RoundState.APPLYING:
        return _applying(head)
    if round_.state == RoundState.NOT_STARTED:
        return Work("The round is about to begin.")
    return Work("No more answers are taken. Each line gets its outcome.")


def _writing(head: RoundHead) -> Work:
    rows = held_at(head.terms, present(head.round.opened_at)).filter(reading(head.access))
    total = rows.count()
    cursor = head.round.cursor
    done = rows.filter(pk__lte=cursor).count() if cursor else 0
    return Work("The lines are written, as access is held at the beginning of the round.", done, total)


def _handing_on(head: RoundHead) -> Work:
    stage, proceeds = head.round.stage, [str(answer) for answer in head.terms.proceeds]
    done = Q(stage=stage)
    found = head.lines.aggregate(
        done=Count("pk", filter=done),
        total=Count("pk", filter=done | Q(stage=stage - 1, answer__in=proceeds)),
    )
    return Work(f"The lines that go on are handed to the reviewers of stage {stage}.", **found)


def _applying(head: RoundHead) -> Work:
    left = Count("pk", filter=Q(apply_result=ApplyResult.NEW))
    found = head.lines.filter(outcome=Outcome.REMOVE).aggregate(total=Count("pk"), left=left)
    says = "What was denied is removed, each line by itself."
    return Work(says, found["total"] - found["left"], found["total"])
