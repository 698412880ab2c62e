"""What waits around one person: for them to decide, and of their own for others."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Q

from apps.access_requests.models import AccessRequest, AccessRequestQuerySet
from apps.access_requests.selectors.approvers import Standing
from apps.access_requests.selectors.decidable import Decidable
from apps.access_requests.selectors.deciding_assignments import (
    about_assignments,
    decidable_by_admin,
    decides_somewhere,
)
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.selectors.managing import AdminStanding
from apps.access_requests.states import WAITING
from apps.accounts.models import User
from apps.assignments.selectors import Holdings
from apps.common.access import Access
from apps.common.counting import Counts
from apps.common.paging import PAGE_SIZE, Page, page_of, soonest_first
from apps.common.prepared import NO_ROWS, prepared_part

_OLDEST_FIRST = soonest_first("created_at")


class Waiting:
    """Read at one instant, each part when it is first asked for, and once, in however many places a page
    shows it. Whether anything waits at all is among the `counts` of the page."""

    def __init__(
        self, user: User, holdings: Holdings, access: Access, counts: Counts, *, now: datetime
    ) -> None:
        self._user, self._now = user, now
        self._admin = AdminStanding(user, access, now)
        self._decidable = Decidable(Standing(user, holdings), counts, now)
        self._has_own = counts.of(_any_own(user.id))
        self._has_assignments = counts.of(_any_assignment() if decides_somewhere(access) else NO_ROWS)

    @cached_property
    def activations(self) -> AccessRequestQuerySet:
        """The activations that this person can decide on."""
        return self._decidable.rows

    @cached_property
    def assignments(self) -> AccessRequestQuerySet:
        """The assignments that this person can decide on."""
        found = decidable_by_admin(self._admin) if self._has_assignments() else []
        return AccessRequest.objects.filter(pk__in=[row.pk for row in found])

    @cached_property
    def activations_count(self) -> int:
        return self._decidable.count

    @cached_property
    def assignments_count(self) -> int:
        return self.assignments.count() if self._has_assignments() else 0

    def page_of_activations(self, *, after: str = "") -> Page[AccessRequest]:
        """`page_of_waiting` of them."""
        rows = self.activations if after else self._decidable.oldest(PAGE_SIZE + 1)
        return page_of_waiting(rows, after=after)

    @property
    def count(self) -> int:
        """How many this person can decide on in all."""
        return self.activations_count + self.assignments_count

    def oldest(self, limit: int) -> list[AccessRequest]:
        """The first ones of all that this person can decide on."""
        if not self.count:
            return []
        activations = self._decidable.oldest(limit + 1)
        both = Q(pk__in=activations.values("pk")) | Q(pk__in=self.assignments.values("pk"))
        return page_of(_listed().filter(both), _OLDEST_FIRST, size=limit).rows

    @cached_property
    def mine(self) -> list[AccessRequest]:
        """Their own requests that wait for somebody."""
        if not self._has_own():
            return []
        rows = list(_own(self._user.id).with_names())
        states = states_now(rows, now=self._now)
        return [row for row in rows if states[row.id] in WAITING]


def _own(user_id: UUID) -> AccessRequestQuerySet:
    return AccessRequest.objects.waiting().filter(principal_id=user_id)


@prepared_part
def _any_own(user_id: UUID) -> AccessRequestQuerySet:
    return _own(user_id)[:1]


@prepared_part
def _any_assignment() -> AccessRequestQuerySet:
    return about_assignments()[:1]


def page_of_waiting(rows: AccessRequestQuerySet, *, after: str = "") -> Page[AccessRequest]:
    """One page of those that somebody can decide on, the oldest first. One query."""
    return page_of(rows, _OLDEST_FIRST, after=after, loaded=_listed())


def _listed() -> AccessRequestQuerySet:
    """What a line of a list says, and no more: pages have many."""
    return AccessRequest.objects.select_related("principal", "requester", "role", "resource").only(
        *("action", "family", "requester_name", "created_at", "duration_minutes", "ends_at", "justification"),
        *("principal__name", "requester__name", "requester__kind", "requester__department"),
        *("role__name", "role__is_privileged", "resource__name"),
    )
