"""What leaves access reviews as files: which lines somebody sees, with what was said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Prefetch

from apps.audit.models import AuditEvent
from apps.common.access import Access
from apps.reviews.models import Decision, Item, ItemQuerySet, Review, ReviewQuerySet, Round
from apps.reviews.policy.tally import Tally
from apps.reviews.policy.terms import Terms
from apps.reviews.selectors.progress import tallies
from apps.reviews.selectors.rounds import events_about, terms_seen
from apps.reviews.selectors.terms import terms_of
from apps.reviews.states import Answer

READ_AT_ONCE = 500  # lines that a file holds in memory while it is made
# What many lines share is loaded once for each batch: as a join it would be made anew for every line.
_ROUNDS = Prefetch("round", Round.objects.select_related("review__owner"))
_DECISIONS = Prefetch("decisions", Decision.objects.prefetch_related("decided_by").order_by("-stage"))


@dataclass(frozen=True)
class Report:
    """Which lines a report is about: those of the rounds that started in a period. What is empty leaves
    nothing out."""

    since: datetime | None = None
    until: datetime | None = None
    providers: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    reviews: tuple[UUID, ...] = ()

    @property
    def chosen(self) -> dict[str, Any]:
        """The parts that leave something out."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Result:
    """One line, and the word that counts for it."""

    item: Item
    decision: Decision | None

    @property
    def answer(self) -> str:
        return Answer(self.item.answer).past

    @property
    def reason(self) -> str:
        """What somebody said; or what became of it without."""
        return self.decision.reason if self.decision else self.item.outcome_reason


def lines_of_round(round_: Round, access: Access) -> ItemQuerySet:
    return round_.items.visible_to(access).order_by("holder_name", "role_name", "id")


def lines_of_report(report: Report, access: Access) -> ItemQuerySet:
    """Rounds as they started, each with its lines by their holders; those of deleted reviews stay out."""
    lines = Item.objects.visible_to(access).filter(round__review__deleted_at__isnull=True)
    if report.since:
        lines = lines.filter(round__opened_at__gte=report.since)
    if report.until:
        lines = lines.filter(round__opened_at__lt=report.until)
    if report.providers:
        lines = lines.filter(resource__provider__in=report.providers)
    if report.answers:
        lines = lines.filter(answer__in=report.answers)
    if report.reviews:
        lines = lines.filter(round__review__in=report.reviews)
    return lines.order_by("round__opened_at", "round_id", "holder_name", "role_name", "id")


def counts_of(lines: ItemQuerySet) -> dict[str, int]:
    """How many `lines` there are, of how many `rounds`. One query."""
    return lines.order_by().aggregate(lines=Count("pk"), rounds=Count("round", distinct=True))


def reviews_of(access: Access) -> ReviewQuerySet:
    """Those that a report can be about."""
    return Review.objects.visible_to(access).kept().order_by("name", "id")


def items_of(lines: ItemQuerySet) -> Iterator[Item]:
    """These lines one after the other, with all that is known of them."""
    return lines.prefetch_related("resource", _ROUNDS).iterator(chunk_size=READ_AT_ONCE)


def results_of(lines: ItemQuerySet) -> Iterator[Result]:
    """These lines one after the other, each with the answer that counts now: the last one, until its line has
    come to a stage where nobody has answered yet. A fixed number of queries for each batch that is read."""
    rows = lines.defer("people").prefetch_related("resource", _ROUNDS, _DECISIONS)
    for item in rows.iterator(chunk_size=READ_AT_ONCE):
        has_answer = item.answer != Answer.NOT_REVIEWED
        yield Result(item, next(iter(item.decisions.all()), None) if has_answer else None)


# ---- The evidence of a round -------------------------------------------------------------------------------


@dataclass(frozen=True)
class RoundEvidence:
    """Everything about a round, as far as somebody may see it. Its long parts are read as they are asked for,
    and nothing of them is kept. Answers change as long as the round is open: `made_at` says when it was."""

    round: Round
    access: Access
    made_by: str
    made_at: datetime

    @property
    def lines(self) -> ItemQuerySet:
        return lines_of_round(self.round, self.access)

    def items(self) -> Iterator[Item]:
        return items_of(self.lines)

    def items_of_groups(self) -> Iterator[Item]:
        return items_of(self.lines.filter(holder_type="group"))

    def items_to_apply(self) -> Iterator[Item]:
        return items_of(self.lines.exclude(apply_result=""))

    def results(self) -> Iterator[Result]:
        return results_of(self.lines)

    def decisions(self) -> Iterator[Decision]:
        """Those that count, by line and stage."""
        said = Decision.objects.filter(item__in=self.lines.order_by()).select_related("item")
        said = said.defer("item__people").prefetch_related("decided_by")
        order = ("item__holder_name", "item__role_name", "item_id", "stage")
        return said.order_by(*order).iterator(chunk_size=READ_AT_ONCE)

    def events(self) -> Iterator[AuditEvent]:
        """In the order in which they happened. The log is for whoever may read it there."""
        events = AuditEvent.objects.visible_to(self.access).filter(events_about(self.round))
        return events.order_by("at", "id").iterator(chunk_size=READ_AT_ONCE)

    @cached_property
    def count(self) -> int:
        return self.lines.count()

    @cached_property
    def tally(self) -> Tally:
        return tallies([self.round.pk], self.access)[self.round.pk]

    @cached_property
    def reviewers(self) -> Sequence[Mapping[str, Any]]:
        """Who decided, by name, with how many lines, and from when to when."""
        said = Decision.objects.filter(item__in=self.lines.order_by())
        who = said.values("decided_by__name", "decided_by__email").order_by("decided_by__name")
        return list(who.annotate(lines=Count("pk"), first=Min("decided_at"), last=Max("decided_at")))

    @cached_property
    def terms(self) -> Terms:
        """By which the round goes."""
        return terms_seen(self.round.terms, self.access)

    @cached_property
    def terms_of_series(self) -> Terms:
        """By which the rounds to come will go."""
        return terms_seen(terms_of(self.round.review), self.access)

    @cached_property
    def is_whole(self) -> bool:
        """Whether nothing was left out."""
        sees_all = len(self.terms.scopes) == len(self.round.terms.scopes)
        return sees_all and self.count == self.round.items.count()

    @property
    def extent(self) -> str:
        if self.is_whole:
            return "all of the round."
        return "only those that its maker may see. Others, and what lies elsewhere, are left out."
