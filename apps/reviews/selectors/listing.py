"""The reviews about a place, each with how far it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextChoices

from apps.common.access import Access
from apps.common.lookup import every_word
from apps.common.paging import Page, by_text, counts_of, page_of
from apps.reviews.models import Item, Review, ReviewQuerySet, ReviewScope, Round
from apps.reviews.models.reviews import reading
from apps.reviews.policy.calendar import Frequency
from apps.reviews.policy.keeping import DELETED_KEPT_DAYS
from apps.reviews.selectors.terms import scope_of
from apps.reviews.states import RUNNING, Answer, RoundState
from apps.roles.web import Place

_BY_NAME = by_text("name")
_GOING_ON = (*RUNNING, RoundState.COMPLETING, RoundState.APPLYING)
_NEVER_BEGAN = (RoundState.NOT_STARTED, RoundState.CANCELED)
_SCOPES_NAMED = 2


class Tab(TextChoices):
    ALL = "all", "All"
    RUNNING = "running", "Running"
    COMING = "coming", "Coming"
    ENDED = "ended", "Ended"
    DELETED = "deleted", "Deleted"


@dataclass(frozen=True)
class Search:
    """What is looked for; what is empty leaves nothing out."""

    tab: Tab = Tab.ALL
    q: str = ""


@dataclass(frozen=True)
class Line:
    """One review: its round of now or, if none runs, the last one, with how many of its lines are decided;
    and the one to come. Scopes and lines are those that the reader may see."""

    review: Review
    shown_scopes: Sequence[ReviewScope]
    current: Round | None
    following: Round | None
    decided: int = 0
    lines: int = 0

    @property
    def frequency(self) -> str:
        return str(Frequency(self.review.frequency).label)

    @property
    def scopes(self) -> list[str]:
        """The first few, and how many others there are."""
        rows = self.shown_scopes
        named = [str(scope_of(row)) for row in rows[:_SCOPES_NAMED]]
        more = len(rows) - _SCOPES_NAMED
        return [*named, f"and {more} more"] if more > 0 else named


@dataclass(frozen=True)
class Found:
    page: Page[Review]
    lines: list[Line]
    counts: dict[Tab, str]


def find_reviews(access: Access, place: Place, search: Search, *, after: str = "", now: datetime) -> Found:
    """Those about this place that `access` sees, by name. A fixed number of queries."""
    tabs = _tabs(_about(access, place).filter(every_word(search.q.split(), "name", "description")), now)
    rows = tabs[search.tab].select_related("owner")
    page = page_of(rows, _BY_NAME, after=after)
    return Found(page, _lines(page.rows, access), counts_of(tabs))


def any_review() -> Exists:
    """Whether there is one, for a query that asks other things too."""
    return Exists(Review.objects.kept())


def current_round(review: Review) -> Round | None:
    """The round that its page leads to: the last one that began, else the one to come."""
    begun = review.rounds.exclude(state__in=_NEVER_BEGAN).order_by("-number").first()
    return begun or review.rounds.filter(state=RoundState.NOT_STARTED).first()


# ---- Which ones --------------------------------------------------------------------------------------------


def _about(access: Access, place: Place) -> ReviewQuerySet:
    """With a scope of the provider or, of a resource, one on it, below it, or above it and reaching down."""
    scopes = ReviewScope.objects.filter(reading(access), resource__provider=place.provider)
    if place.resource:
        below = Q(resource__path__startswith=place.path)
        above = Q(resource__in=place.resource.ancestor_ids, includes_below=True)
        scopes = scopes.filter(below | above)
    return Review.objects.filter(pk__in=scopes.values("review"))


def _tabs(rows: ReviewQuerySet, now: datetime) -> dict[Tab, QuerySet[Review]]:
    """What is held waits for somebody to take it over: it is not over."""
    rounds = Round.objects.filter(review=OuterRef("pk"))
    running, coming = Exists(rounds.filter(state__in=_GOING_ON)), Exists(_to_come(rounds))
    kept, held = rows.kept(), ~Q(held_because="")
    since = now - timedelta(days=DELETED_KEPT_DAYS)
    return {
        Tab.ALL: kept,
        Tab.RUNNING: kept.filter(running),
        Tab.COMING: kept.filter(Q(coming) | held, ~Q(running)),
        Tab.ENDED: kept.filter(~Q(running), ~Q(coming), ~held),
        Tab.DELETED: rows.filter(deleted_at__gt=since),
    }


def _to_come(rounds: QuerySet[Round]) -> QuerySet[Round]:
    return rounds.filter(state=RoundState.NOT_STARTED)


# ---- How far they are --------------------------------------------------------------------------------------


def _lines(reviews: Sequence[Review], access: Access) -> list[Line]:
    rounds = Round.objects.filter(review__in=reviews)
    latest = rounds.filter(review=OuterRef("review")).exclude(state__in=_NEVER_BEGAN).order_by("-number")
    current = {row.review_id: row for row in rounds.filter(pk=latest.values("pk")[:1])}
    following = {row.review_id: row for row in _to_come(rounds)}
    progress = _progress([row.pk for row in current.values()], access)
    scopes = shown_scopes(reviews, access)
    return [
        Line(
            review,
            scopes[review.pk],
            round_,
            following.get(review.pk),
            *progress.get(round_.pk if round_ else None, ()),
        )
        for review in reviews
        for round_ in [current.get(review.pk)]
    ]


def shown_scopes(reviews: Sequence[Review], access: Access) -> Mapping[UUID, list[ReviewScope]]:
    """The scopes of each review on which `access` may read reviews."""
    rows = ReviewScope.objects.filter(reading(access), review__in=reviews).select_related("role", "resource")
    found: dict[UUID, list[ReviewScope]] = defaultdict(list)
    for row in rows.order_by("role__name", "resource__name", "id"):
        found[row.review_id].append(row)
    return found


def _progress(round_ids: Sequence[UUID], access: Access) -> dict[UUID | None, tuple[int, int]]:
    """Of each round how many lines are decided, and how many there are."""
    items = Item.objects.filter(round__in=round_ids).visible_to(access).order_by()
    answered = ~Q(answer=Answer.NOT_REVIEWED)
    counts = items.values_list("round").annotate(decided=Count("pk", filter=answered), lines=Count("pk"))
    return {round_id: (decided, lines) for round_id, decided, lines in counts}
