"""What lies in front of a reviewer: their rounds, and the lines of one with what speaks for and against."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, TextChoices

from apps.accounts.models import User
from apps.assignments.membership import within_reach_of
from apps.common.counting import Counts
from apps.common.paging import Column, Page, by_text, page_of
from apps.common.prepared import prepared_part
from apps.reviews.models import Decision, Desk, Item, ItemQuerySet, Round
from apps.reviews.policy.recommending import Recommendation
from apps.reviews.policy.terms import Terms
from apps.reviews.states import RUNNING, Answer, RoundState

LATELY = timedelta(days=30)  # so long what is over stays in the list
AT_ONCE = 200  # recommendations that one press follows: well below two seconds


class Reviewing:
    """What lies in front of one person, who is in these groups, at one instant."""

    def __init__(
        self, user: User, groups: Collection[UUID], counts: Counts | None = None, *, now: datetime
    ) -> None:
        self.user = user
        self.now = now
        self._sitting = (user.id, *groups)
        self._has_desks = (counts or Counts()).of(_any_desk(self._sitting, now))

    @cached_property
    def lines(self) -> ItemQuerySet:
        """In whatever round, open or not; never what they hold themself, unless they are asked about that."""
        return Item.objects.for_reviewer(self._sitting, within_reach_of(self.user.id, now=self.now))

    @cached_property
    def waiting_count(self) -> int:
        """How many open rounds have something undecided for them. Whoever reviews nothing hears that with the
        other `counts` of their page."""
        if not self._has_desks():
            return 0
        desks = _desks_with(self.lines, self._sitting, self.now)
        return len(set(desks.values_list("round", flat=True)))


def _desks_with(lines: ItemQuerySet, sitting: Collection[UUID], now: datetime) -> QuerySet[Desk]:
    """The open desks at which these sit, with something undecided among these lines."""
    undecided = lines.not_answered().filter(desk=OuterRef("pk"))
    return Desk.objects.filter(
        Exists(undecided),
        seats__principal_id__in=sitting,
        stage=F("round__stage"),
        round__state=RoundState.IN_PROGRESS,
        round__stage_closes_at__gt=now,
        round__review__deleted_at__isnull=True,
    )


@prepared_part
def _any_desk(sitting: tuple[UUID, ...], now: datetime) -> QuerySet[Desk]:
    return _desks_with(Item.objects.all(), sitting, now)[:1]


# ---- Rounds ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How many lines there are, and of each answer."""

    total: int = 0
    approved: int = 0
    denied: int = 0
    dont_know: int = 0

    @property
    def decided(self) -> int:
        return self.approved + self.denied + self.dont_know

    @property
    def undecided(self) -> int:
        return self.total - self.decided


_COUNTS = {
    "total": Count("pk"),
    "approved": Count("pk", filter=Q(answer=Answer.APPROVE)),
    "denied": Count("pk", filter=Q(answer=Answer.DENY)),
    "dont_know": Count("pk", filter=Q(answer=Answer.DONT_KNOW)),
}


@dataclass(frozen=True)
class MyRound:
    """One round as its reviewer sees it in a list."""

    round: Round
    terms: Terms
    progress: Progress
    is_with_others: bool


@dataclass(frozen=True)
class MyRounds:
    """`open`, the one that ends soonest first; `over` is what is out of their hands, the latest first."""

    open: list[MyRound]
    over: list[MyRound]


def my_rounds(reviewing: Reviewing) -> MyRounds:
    """Those with something in front of this person, and those they had a part in lately. Five queries."""
    open_ = _progress_by_round(reviewing.lines.open(reviewing.now))
    others = Item.objects.filter(_lately_over(reviewing.now)).exclude(round__in=open_)
    over = _progress_by_round(_theirs(reviewing, others))
    rounds = Round.objects.select_related("review").in_bulk({*open_, *over})
    listed = {id_: _listed(rounds[id_], found, reviewing.now) for id_, found in (over | open_).items()}
    return MyRounds(
        sorted((listed[id_] for id_ in open_), key=lambda row: (row.round.stage_closes_at, row.round.pk)),
        sorted(
            (listed[id_] for id_ in over),
            key=lambda row: (row.round.stage_closes_at, row.round.pk),
            reverse=True,
        ),
    )


def _theirs(reviewing: Reviewing, lines: ItemQuerySet) -> ItemQuerySet:
    """Those of these that are in front of this person, or on which they have said something."""
    said = Decision.objects.filter(decided_by=reviewing.user)
    return lines.filter(Q(pk__in=reviewing.lines.values("pk")) | Q(pk__in=said.values("item")))


def _lately_over(now: datetime) -> Q:
    """Out of one's hands: closed not long ago, or still running, in another stage."""
    running = Q(round__state__in=RUNNING)
    return (running | Q(round__stage_closes_at__gt=now - LATELY)) & Q(
        round__review__deleted_at__isnull=True, round__stage_closes_at__isnull=False
    )


def _progress_by_round(lines: ItemQuerySet) -> dict[UUID, Progress]:
    rows = lines.order_by().values_list("round").annotate(**_COUNTS)
    return {id_: Progress(*counts) for id_, *counts in rows}


def _listed(round_: Round, progress: Progress, now: datetime) -> MyRound:
    return MyRound(round_, round_.terms, progress, _goes_on(round_, now))


def _goes_on(round_: Round, now: datetime) -> bool:
    """Whether somebody answers there, or will in the next stage."""
    return round_.takes_answers(now) or round_.state == RoundState.STARTING


# ---- The lines of one round --------------------------------------------------------------------------------


class Show(TextChoices):
    ALL = "all", "All"
    UNDECIDED = "undecided", "Not decided"
    DENY = "deny", "Recommended: deny"
    GUESTS = "guests", "Guests"
    GROUPS = "groups", "Groups"


class Sort(TextChoices):
    PERSON = "person", "By person"
    ROLE = "role", "By role"


_FITS = {
    Show.ALL: Q(),
    Show.UNDECIDED: Q(answer=Answer.NOT_REVIEWED),
    Show.DENY: Q(recommendation=Recommendation.DENY),
    Show.GUESTS: Q(holder_type=User.Type.GUEST),
    Show.GROUPS: Q(holder_type="group"),
}
_ORDERS: dict[Sort, tuple[Column, ...]] = {
    Sort.PERSON: by_text("holder_name", "role_name"),
    Sort.ROLE: by_text("role_name", "holder_name"),
}


@dataclass(frozen=True)
class Search:
    """What is looked for; what is empty leaves nothing out."""

    show: Show = Show.ALL
    sort: Sort = Sort.PERSON
    q: str = ""


@dataclass(frozen=True)
class Front:
    """A round with all of its lines that are, or were, in front of one person. `is_open`: they can answer."""

    round: Round
    terms: Terms
    lines: ItemQuerySet
    is_open: bool
    reviewing: Reviewing

    @property
    def is_with_others(self) -> bool:
        return not self.is_open and _goes_on(self.round, self.reviewing.now)


@dataclass(frozen=True)
class Line:
    """One line with what was said of it: now, in the stages before, as far as their reviewers' words are
    shown, and in the round before. `error` is what is wrong with the answer just sent, which `typed` a
    reason."""

    item: Item
    decision: Decision | None = None
    earlier: tuple[Decision, ...] = ()
    before: Decision | None = None
    error: str = ""
    typed: str | None = None
    is_picked: bool = False

    @property
    def version(self) -> int:
        return self.decision.version if self.decision else 0

    @property
    def reason(self) -> str:
        if self.typed is not None:
            return self.typed
        return self.decision.reason if self.decision else ""

    @property
    def people_in_words(self) -> str:
        """How many a group's line is about."""
        count = len(self.item.people)
        return "1 person" if count == 1 else f"{count:,} people"


@dataclass(frozen=True)
class Lines:
    page: Page[Item]
    lines: list[Line]


def front_of(reviewing: Reviewing, round_id: UUID) -> Front | None:
    """Nothing where nothing of it is, or was, in front of this person. Three queries at most."""
    rounds = Round.objects.filter(review__deleted_at__isnull=True).exclude(state=RoundState.CANCELED)
    round_ = rounds.select_related("review").filter(pk=round_id).first()
    if round_ is None:
        return None
    now_mine = reviewing.lines.filter(round=round_, stage=round_.stage)
    if round_.takes_answers(reviewing.now) and now_mine.exists():
        return Front(round_, round_.terms, now_mine, True, reviewing)
    theirs = _theirs(reviewing, Item.objects.filter(round=round_))
    return Front(round_, round_.terms, theirs, False, reviewing) if theirs.exists() else None


def progress_of(front: Front) -> Progress:
    return Progress(**front.lines.aggregate(**_COUNTS))


def counts_of(front: Front) -> dict[Show, int]:
    """How many lines each filter shows, exactly. One query."""
    counts = front.lines.aggregate(**{str(show): Count("pk", filter=fits) for show, fits in _FITS.items()})
    return {show: counts[str(show)] for show in Show}


def lines_shown(front: Front, search: Search, *, after: str = "") -> Lines:
    """One page of them. Three queries."""
    rows = front.lines.filter(_FITS[search.show]).containing(search.q.split())
    page = page_of(_with_all(rows), _ORDERS[search.sort], after=after)
    return Lines(page, _told(front, page.rows))


def line_shown(front: Front, line_id: UUID) -> Line | None:
    return next(iter(_told(front, list(_with_all(front.lines.filter(pk=line_id))))), None)


def _with_all(rows: ItemQuerySet) -> ItemQuerySet:
    return rows.select_related("principal__user", "role", "resource")


def _told(front: Front, items: Sequence[Item]) -> list[Line]:
    decisions = _decisions_on(items)
    before = _said_before(front.round, items)
    return [
        Line(
            item,
            _current(front, item, decisions[item.pk]),
            tuple(each for each in decisions[item.pk] if _is_shown(front, item, each)),
            before.get((item.principal_id, item.role_id, item.resource_id, item.kind)),
        )
        for item in items
    ]


def _decisions_on(items: Sequence[Item]) -> Mapping[UUID, list[Decision]]:
    found: dict[UUID, list[Decision]] = defaultdict(list)
    for row in Decision.objects.filter(item__in=items).select_related("decided_by").order_by("stage"):
        found[row.item_id].append(row)
    return found


def _current(front: Front, item: Item, decisions: Sequence[Decision]) -> Decision | None:
    """What counts in this stage; of what is out of their hands rather what they said themself."""
    own = [each for each in decisions if each.decided_by_id == front.reviewing.user.id]
    if not front.is_open and own:
        return own[-1]
    return next((each for each in decisions if each.stage == item.stage), None)


def _is_shown(front: Front, item: Item, decision: Decision) -> bool:
    return front.is_open and front.terms.reveals_earlier and decision.stage < item.stage


def _said_before(round_: Round, items: Sequence[Item]) -> Mapping[tuple[UUID, UUID, UUID, str], Decision]:
    """What was decided on the same in the last round before this one. One query."""
    earlier = Round.objects.filter(review=round_.review_id, number__lt=round_.number)
    last = earlier.exclude(state=RoundState.CANCELED).order_by("-number").values("pk")[:1]
    rows = Decision.objects.filter(
        item__round__in=last, item__principal__in={item.principal_id for item in items}
    )
    return {
        (row.item.principal_id, row.item.role_id, row.item.resource_id, row.item.kind): row
        for row in rows.select_related("item", "decided_by").order_by("stage")
    }


# ---- As recommended ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recommended:
    """What following the recommendations does: of all undecided lines so many `approve` and `deny`; `none`
    stay undecided. One press takes `items`, and is bound to their digest."""

    items: list[Item]
    approve: int
    deny: int
    none: int

    @property
    def left(self) -> int:
        return self.approve + self.deny - len(self.items)

    @property
    def digest(self) -> str:
        return digest_of(self.items)


def recommended_on(front: Front) -> Recommended:
    """Two queries."""
    undecided = front.lines.not_answered()
    counts = undecided.aggregate(
        **{str(each): Count("pk", filter=Q(recommendation=each)) for each in Recommendation}
    )
    return Recommended(
        next_recommended(undecided),
        approve=counts[Recommendation.APPROVE],
        deny=counts[Recommendation.DENY],
        none=counts[Recommendation.NO_INFO],
    )


def next_recommended(lines: ItemQuerySet) -> list[Item]:
    """The next undecided lines with a recommendation, as many as one press follows."""
    rows = lines.not_answered().exclude(recommendation=Recommendation.NO_INFO)
    return list(rows.with_rows().order_by("holder_name", "role_name", "id")[:AT_ONCE])


def digest_of(items: Sequence[Item]) -> str:
    """Stands for these lines, still undecided, and what is recommended on each."""
    parts = (f"{item.pk}:{item.recommendation}" for item in items)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
