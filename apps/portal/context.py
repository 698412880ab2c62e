"""What the frame around every page knows. Nothing is asked before the frame shows it: error pages and the
live parts of pages have no frame, and so cost no query here."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.access_requests.selectors.approvers import Standing
from apps.access_requests.selectors.deciding import waiting_for
from apps.access_requests.selectors.requests import my_waiting_count
from apps.assignments.selectors import Held
from apps.notifications import selectors as notifications
from apps.portal.nav import Section, menu


class Frame:
    """The frame of one page for the person who is signed in; only their pages have one."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.organisation = settings.ORGANISATION
        self.demo = settings.DEMO

    @cached_property
    def menu(self) -> list[Section]:
        user, now = self._request.user, self._request.now
        standing = Standing(user, self._request.holdings)
        counts = {
            "my_waiting": my_waiting_count(user, now=now),
            "to_decide": len(waiting_for(standing, now=now)),
        }
        match = self._request.resolver_match
        return menu(match.view_name if match else "", counts, demo=self.demo)

    @cached_property
    def unread_count(self) -> int:
        return notifications.unread_count(self._request.user.pk)

    @cached_property
    def active_roles(self) -> list[Held]:
        """What the person has activated; what was assigned to them is no news."""
        return [held for held in self._request.holdings.active if held.assignment.is_activated]


def frame(request: HttpRequest) -> dict[str, Any]:
    return {"frame": Frame(request)}
