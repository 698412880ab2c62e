"""The lines of a round with what became of them, and what is left to do by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.assignments.membership import within_reach_of
from apps.common.access import Access
from apps.common.decision import Decision as Verdict
from apps.common.paging import Page, by_text, count_of, page_of
from apps.reviews.models import Decision, Item, ItemQuerySet, Round
from apps.reviews.policy.keeping import ReviewFacts, can_note_handled, may_keep
from apps.reviews.policy.tally import Tally
from apps.reviews.selectors.keeping import out_of_reach
from apps.reviews.selectors.rounds import RoundHead
from apps.reviews.states import Answer, ApplyResult

_BY_HOLDER = by_text("holder_name", "role_name")
_NOBODYS = "nobodys"
_NAMES = {
    **{str(answer): answer.past for answer in Answer},
    _NOBODYS: "Nobody can review",
    **{str(result): str(result.label) for result in ApplyResult},
}


@dataclass(frozen=True)
class Search:
    """Which lines: those with all words of `q`, and `only` those of one answer or apply result."""

    only: str = ""
    q: str = ""

    @property
    def narrows(self) -> bool:
        return bool(self.only or self.q)


def search_for(only: str, q: str) -> Search:
    """What is no filter leaves nothing out."""
    return Search(only if only in _NAMES else "", q)


# ---- Results -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ResultLine:
    """A line, and what was said of it, stage by stage."""

    item: Item
    decisions: Sequence[Decision]


def results_of(head: RoundHead, search: Search, *, after: str = "") -> tuple[Page[Item], list[ResultLine]]:
    """A page of lines by holder. Two queries, however many lines and decisions."""
    rows = _only(head.lines.containing(search.q.split()), search.only)
    page = page_of(rows.select_related("principal"), _BY_HOLDER, after=after)
    return page, list(_with_decisions(page.rows))


def filters_of(tally: Tally) -> list[tuple[str, str, int]]:
    """Key, label and count of each filter that leaves something."""
    counts = {
        **{str(answer): tally.answered(answer) for answer in Answer},
        _NOBODYS: tally.nobodys,
        **{str(result): tally.resulting(result) for result in ApplyResult},
    }
    found = [(key, _NAMES[key], count) for key, count in counts.items() if count]
    return [("", "All", tally.total), *found]


def _only(rows: ItemQuerySet, only: str) -> ItemQuerySet:
    if only == _NOBODYS:
        return rows.not_answered().filter(desk__isnull=True)
    if only in Answer.values:
        return rows.filter(answer=only)
    return rows.filter(apply_result=only) if only else rows


def _with_decisions(items: Sequence[Item]) -> Iterator[ResultLine]:
    decisions: dict[UUID, list[Decision]] = defaultdict(list)
    for row in Decision.objects.filter(item__in=items).select_related("decided_by").order_by("stage"):
        decisions[row.item_id].append(row)
    return (ResultLine(item, decisions[item.pk]) for item in items)


# ---- What applying does ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Removal:
    """What goes when a round is applied: assignments, those of groups among them, and the people in these."""

    assignments: int
    groups: int
    people: int


def removal_by(round_: Round) -> Removal:
    """Two queries."""
    rows = round_.items.filter(apply_result=ApplyResult.NEW)
    of_groups = list(rows.filter(holder_type="group").values_list("people", flat=True))
    people = {person["id"] for several in of_groups for person in several}
    return Removal(rows.count(), len(of_groups), len(people))


# ---- To do by hand -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HandLine:
    """Denied access that the portal could not remove, and whether its reader may say that it is gone."""

    item: Item
    can_note: Verdict


def left_by_hand(access: Access, *, q: str, after: str, now: datetime) -> tuple[Page[Item], list[HandLine]]:
    """Of all reviews, by holder, as far as somebody sees them. Two queries, and three for each step of
    nesting where groups are among the resources."""
    rows = Item.objects.by_hand().visible_to(access).containing(q.split())
    page = page_of(rows.with_rows(), _BY_HOLDER, after=after)
    return page, list(_notable(page.rows, access, now))


def count_by_hand(access: Access) -> str:
    """How many of those somebody sees, empty for none."""
    count = count_of(Item.objects.by_hand().visible_to(access))
    return "" if count == "0" else count


def _notable(items: Sequence[Item], access: Access, now: datetime) -> Iterator[HandLine]:
    resources = {item.resource_id: item.resource for item in items}
    out = {row.pk for row in out_of_reach(resources.values(), access, now=now)}
    own = within_reach_of(access.user_id, now=now) if access.user_id else frozenset()
    for item in items:
        right = may_keep([item.resource.name] if item.resource_id in out else [])
        facts = ReviewFacts(right=right, now=now, is_denied=item.principal_id in own, second_factor=None)
        yield HandLine(item, can_note_handled(facts))
