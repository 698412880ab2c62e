"""What leaves access reviews as files: which lines somebody sees, with what was said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch

from apps.common.access import Access
from apps.reviews.models import Decision, Item, ItemQuerySet, Review, ReviewQuerySet, Round
from apps.reviews.states import Answer

READ_AT_ONCE = 500  # lines that a file holds in memory while it is made


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


def results_of(lines: ItemQuerySet) -> Iterator[Result]:
    """These lines one after the other, each with the answer that counts now: the last one, until its line has
    come to a stage where nobody has answered yet. Two queries for each of the batches that are read."""
    rows = (
        lines.select_related("resource", "round__review__owner")
        .defer("people", "round__terms_json")
        .prefetch_related(
            Prefetch("decisions", Decision.objects.select_related("decided_by").order_by("-stage"))
        )
    )
    for item in rows.iterator(chunk_size=READ_AT_ONCE):
        has_answer = item.answer != Answer.NOT_REVIEWED
        yield Result(item, next(iter(item.decisions.all()), None) if has_answer else None)
