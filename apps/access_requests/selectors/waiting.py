"""What waits around one person: for them to decide, and of their own for others."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from apps.access_requests.selectors.approvers import Standing
from apps.access_requests.selectors.deciding import ApproveRow, waiting_for
from apps.access_requests.selectors.deciding_assignments import waiting_for_admin
from apps.access_requests.selectors.managing import AdminStanding
from apps.access_requests.selectors.requests import my_waiting_count
from apps.accounts.models import User
from apps.assignments.selectors import Holdings
from apps.common.access import Access


class Waiting:
    """Read at one instant, each part when it is first asked for, and once, in however many places a page
    shows it."""

    def __init__(self, user: User, holdings: Holdings, access: Access, *, now: datetime) -> None:
        self._standing = Standing(user, holdings)
        self._admin = AdminStanding(user, access, now)
        self._now = now

    @cached_property
    def activations_for_me(self) -> list[ApproveRow]:
        """The activations that this person can decide on, the oldest first."""
        return waiting_for(self._standing, now=self._now)

    @cached_property
    def assignments_for_me(self) -> list[ApproveRow]:
        """The assignments that this person can decide on, the oldest first."""
        return waiting_for_admin(self._admin)

    @cached_property
    def for_me(self) -> list[ApproveRow]:
        """All that this person can decide on, the oldest first."""
        both = (*self.activations_for_me, *self.assignments_for_me)
        return sorted(both, key=lambda row: row.item.created_at)

    @cached_property
    def count_of_mine(self) -> int:
        """How many of their own requests wait for somebody."""
        return my_waiting_count(self._standing.user, now=self._now)
