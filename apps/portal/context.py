"""What the frame around every page knows. Nothing is asked before the frame shows it: error pages and the
live parts of pages have no frame, and so cost no query here."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.access_requests.web import waiting_of
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
        waiting, match = waiting_of(self._request), self._request.resolver_match
        counts = {"my_waiting": waiting.count_of_mine, "to_decide": len(waiting.for_me)}
        view = match.view_name if match else ""
        return menu(view, counts, access=self._request.access, demo=self.demo)

    @cached_property
    def unread_count(self) -> int:
        return notifications.unread_count(self._request.user.pk)

    @cached_property
    def active_roles(self) -> list[Held]:
        """What the person has activated; what was assigned to them is no news."""
        return [held for held in self._request.holdings.active if held.assignment.is_activated]


def frame(request: HttpRequest) -> dict[str, Any]:
    return {"frame": Frame(request)}
