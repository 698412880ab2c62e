"""All requests: everybody's, as far as their reader may see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, TextChoices

from apps.access_requests.models import AccessRequest, AccessRequestQuerySet, Approval
from apps.access_requests.policy.reading import Reading
from apps.access_requests.selectors.facts import readings_now, states_now
from apps.access_requests.states import WAITING
from apps.accounts.models import User
from apps.common.access import Access
from apps.common.paging import Page, counts_of, in_batches, newest_first, page_of
from apps.roles.models import where_within

_NEWEST = newest_first("created_at")
_READ_AT_ONCE = 500  # requests that an export holds in memory


class Tab(TextChoices):
    WAITING = "waiting", "Waiting"
    DECIDED = "decided", "Decided"
    ALL = "all", "All"


@dataclass(frozen=True)
class Search:
    """What is looked for; what is empty leaves nothing out."""

    tab: Tab = Tab.WAITING
    provider: str = ""
    q: str = ""
    path: str = ""  # of the resource on which, or below which, it was asked for

    @property
    def narrows(self) -> bool:
        return bool(self.provider or self.q)

    @property
    def chosen(self) -> dict[str, str]:
        """The parts that leave something out, as they can be stored."""
        parts = {"tab": str(self.tab), "provider": self.provider, "q": self.q, "path": self.path}
        return {name: value for name, value in parts.items() if value}


@dataclass(frozen=True)
class Line:
    """One request of somebody's, and how it stands."""

    item: AccessRequest
    reading: Reading

    @property
    def is_waiting(self) -> bool:
        return self.reading.state in WAITING

    @property
    def is_for_another(self) -> bool:
        return self.item.principal_id != self.item.requester_id

    @property
    def approval(self) -> Approval | None:
        return next(iter(self.item.approvals.all()), None)


@dataclass(frozen=True)
class Found:
    """One page of the tab that was asked for, and how many there are in each."""

    page: Page[AccessRequest]
    lines: list[Line]
    counts: dict[Tab, str]


def all_requests(user: User, access: Access, search: Search, *, after: str = "", now: datetime) -> Found:
    """The requests that `user` may see, the latest first. A fixed number of queries."""
    tabs = _tabs(user, access, search, now)
    page = page_of(_with_answers(tabs[search.tab]), _NEWEST, after=after)
    counts = counts_of(tabs)
    return Found(page, _lines(page.rows, now), counts)


def whole_list(user: User, access: Access, search: Search, *, now: datetime) -> Iterator[Line]:
    """All of what `all_requests` shows a page at a time, the latest first; nothing of it is kept."""
    rows = _with_answers(_tabs(user, access, search, now)[search.tab]).order_by("-created_at", "-id")
    for some in in_batches(rows.iterator(chunk_size=_READ_AT_ONCE), _READ_AT_ONCE):
        yield from _lines(some, now)


def found_by(search: Search, user: User, access: Access) -> AccessRequestQuerySet:
    """What is looked for, in all tabs."""
    visible = AccessRequest.objects.visible_to(user, access).containing(search.q.split())
    return visible.filter(where_within(search.provider, search.path))


def _tabs(user: User, access: Access, search: Search, now: datetime) -> dict[Tab, AccessRequestQuerySet]:
    found = found_by(search, user, access)
    return {Tab.WAITING: waiting_still(found, now=now), Tab.DECIDED: found.decided(), Tab.ALL: found}


def _with_answers(rows: AccessRequestQuerySet) -> AccessRequestQuerySet:
    return rows.with_names().prefetch_related(
        Prefetch("approvals", Approval.objects.select_related("approver"))
    )


def _lines(rows: Sequence[AccessRequest], now: datetime) -> list[Line]:
    readings = readings_now(rows, now=now)
    return [Line(row, readings[row.id]) for row in rows]


def waiting_still(rows: AccessRequestQuerySet, *, now: datetime) -> AccessRequestQuerySet:
    """Those that wait as the clock has it: what has lost its ground waits no longer, also before a sweep."""
    stored = rows.waiting().filter(deadline_at__gt=now)
    states = states_now(stored.to_settle(now).with_names(), now=now)
    return stored.exclude(pk__in=[id_ for id_, state in states.items() if state not in WAITING])
