"""The reviewers of a round: what lies in front of them, what they were told, and how they went about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from apps.accounts.models import Principal, User
from apps.assignments.membership import members_of
from apps.common.access import Access
from apps.common.paging import Page, by_text, page_of
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice
from apps.reviews.models import Decision, Desk, Item, Round, Seat
from apps.reviews.policy.care import Figures, facts_about
from apps.reviews.selectors.progress import SITTING, Bar, bars_of
from apps.reviews.selectors.rounds import RoundHead
from apps.reviews.states import Answer

A_YEAR = timedelta(days=365)
NAMED_AT_MOST = 20  # people of one group, or of those who are no reviewers any more
_BY_KEY = by_text("key")


@dataclass(frozen=True)
class Told:
    """The mails of this stage that somebody got. `is_lost`: the last of them could not be delivered."""

    at: tuple[datetime, ...] = ()
    is_lost: bool = False


@dataclass(frozen=True)
class ReviewerLine:
    """One person: how far they are, and what stands out about how they went about it."""

    user: User
    decided: int
    last_at: datetime | None
    told: Told
    facts: tuple[str, ...]


@dataclass(frozen=True)
class SeatLine:
    """A person, or a group with who is in it now; `more` are those of it that are not listed."""

    principal: Principal
    people: Sequence[ReviewerLine]
    more: int = 0


@dataclass(frozen=True)
class DeskLine:
    bar: Bar
    seats: Sequence[SeatLine]


@dataclass(frozen=True)
class Reviewers:
    page: Page[Desk]
    desks: list[DeskLine]
    others: list[ReviewerLine]  # who decided, and sits at no desk of this stage


def reviewers_of(head: RoundHead, *, q: str = "", after: str = "", now: datetime) -> Reviewers:
    """The desks of the stage that a round is in, with everybody at them. A fixed number of queries, however
    many desks and people."""
    desks = _desks(head.round, head.access, q)
    page = page_of(desks.prefetch_related(SITTING), _BY_KEY, after=after)
    bars = bars_of(head, page.rows)
    sitting = [seat for desk in page.rows for seat in desk.seats.all()]
    people = _people_at(sitting, now)
    others = _others(head, now) if page.is_first and not q else []
    lines = _lines(head, {user.pk: user for several in [*people.values(), others] for user in several}, now)
    return Reviewers(
        page,
        [
            DeskLine(bars[desk.pk], [_seat(seat, people, lines) for seat in desk.seats.all()])
            for desk in page.rows
        ],
        [lines[user.pk] for user in others],
    )


def _desks(round_: Round, access: Access, q: str) -> QuerySet[Desk]:
    """Those with a line that their reader sees."""
    rows = Desk.objects.filter(round=round_, stage=round_.stage)
    rows = rows.filter(pk__in=Item.objects.filter(round=round_).visible_to(access).values("desk"))
    for word in q.split():
        rows = rows.filter(pk__in=Seat.objects.filter(principal__name__icontains=word).values("desk"))
    return rows


def _seat(seat: Seat, people: Mapping[UUID, Sequence[User]], lines: Mapping[UUID, ReviewerLine]) -> SeatLine:
    shown = people[seat.principal_id][:NAMED_AT_MOST]
    more = len(people[seat.principal_id]) - len(shown)
    return SeatLine(seat.principal, [lines[user.pk] for user in shown], more)


# ---- Who sits there ----------------------------------------------------------------------------------------


def _people_at(seats: Iterable[Seat], now: datetime) -> dict[UUID, list[User]]:
    """By the id of whoever sits there; of a group those who are in it now, by name. Two queries at most."""
    principals = {seat.principal_id: seat.principal for seat in seats}
    groups = [id_ for id_, row in principals.items() if row.is_group]
    members = members_of(groups, now=now)
    inside = {id_ for people in members.values() for id_ in people}
    users = User.objects.filter(pk__in=inside).order_by("name", "id") if inside else []
    found = {id_: [user for user in users if user.pk in members[id_]] for id_ in groups}
    return found | {id_: [row.user] for id_, row in principals.items() if not row.is_group}


def _others(head: RoundHead, now: datetime) -> list[User]:
    """Who decided and sits there no more: of an earlier stage, or replaced since."""
    seats = Seat.objects.filter(desk__round=head.round, desk__stage=head.round.stage)
    groups = seats.filter(principal__group__isnull=False).values_list("principal", flat=True)
    members = members_of(set(groups), now=now)
    inside = {id_ for people in members.values() for id_ in people}
    deciders = Decision.objects.filter(item__in=head.lines).values("decided_by")
    users = User.objects.filter(pk__in=deciders).exclude(pk__in=seats.values("principal"))
    return list(users.exclude(pk__in=inside).order_by("name", "id")[:NAMED_AT_MOST])


# ---- How they went about it --------------------------------------------------------------------------------


def _lines(head: RoundHead, users: Mapping[UUID, User], now: datetime) -> dict[UUID, ReviewerLine]:
    here = _decisions(users, Decision.objects.filter(item__in=head.lines))
    seen = Decision.objects.filter(item__in=Item.objects.visible_to(head.access))
    year = _decisions(users, seen.filter(decided_at__gt=now - A_YEAR))
    told, total = _told(head.round, users), head.lines.count()
    return {id_: _line(user, total, here[id_], year[id_], told[id_]) for id_, user in users.items()}


_NOTHING: dict[str, Any] = {"decided": 0, "approved": 0, "denied": 0, "first_at": None, "last_at": None}


def _decisions(users: Collection[UUID], rows: QuerySet[Decision]) -> Mapping[UUID, dict[str, Any]]:
    counts = (
        rows.filter(decided_by__in=users)
        .order_by()
        .values("decided_by")
        .annotate(
            decided=Count("pk"),
            approved=Count("pk", filter=Q(answer=Answer.APPROVE)),
            denied=Count("pk", filter=Q(answer=Answer.DENY)),
            first_at=Min("decided_at"),
            last_at=Max("decided_at"),
        )
    )
    return defaultdict(lambda: _NOTHING, {row["decided_by"]: dict(row) for row in counts})


def _line(user: User, total: int, here: dict[str, Any], year: dict[str, Any], told: Told) -> ReviewerLine:
    figures = Figures(
        lines=total,
        decided=here["decided"],
        approved=here["approved"],
        first_at=here["first_at"],
        last_at=here["last_at"],
        decided_in_a_year=year["decided"],
        denied_in_a_year=year["denied"],
    )
    return ReviewerLine(user, here["decided"], here["last_at"], told, facts_about(figures))


def _told(round_: Round, users: Collection[UUID]) -> Mapping[UUID, Told]:
    rows = Notice.objects.filter(
        recipient_id__in=users,
        event=NoticeEvent.REVIEW_OPEN,
        key__startswith=f"round:{round_.pk}:{round_.stage}:",
    )
    found: dict[UUID | None, list[Notice]] = defaultdict(list)
    for notice in rows.only("recipient_id", "created_at", "state").order_by("created_at", "id"):
        found[notice.recipient_id].append(notice)
    return {id_: _mails(found[id_]) for id_ in users}


def _mails(several: Sequence[Notice]) -> Told:
    is_lost = bool(several) and several[-1].state == Notice.State.FAILED
    return Told(tuple(each.created_at for each in several), is_lost)
