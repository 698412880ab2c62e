"""What the frame around every page knows. Nothing is asked before the frame shows it: error pages and the
live parts of pages have no frame, and so cost no query here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.access_requests.web import waiting_of
from apps.alerts.selectors.listing import triggered
from apps.assignments.selectors import Held
from apps.common.organisation import organisation_name
from apps.common.web.counting import counts_of
from apps.notifications import selectors as notifications
from apps.portal.nav import Item, Section, Step, menu, tabs, way_to
from apps.reviews.web import reviewing_of
from apps.roles.web import Place


class Frame:
    """The frame of one page for the person who is signed in; only their pages have one."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.demo = settings.DEMO

    @cached_property
    def _named(self) -> dict[str, Callable[[], int]]:
        """The numbers that stand beside the menu and at the bell. All are named before one is asked, by the
        frame or by the page in it: so most pages count in one statement."""
        request, counts = self._request, counts_of(self._request)
        waiting, reviewing = waiting_of(request), reviewing_of(request)
        return {
            "my_waiting": lambda: len(waiting.mine),
            "to_decide": lambda: waiting.count,
            "alerts": counts.of(triggered(request.access, now=request.now)),
            "to_review": lambda: reviewing.waiting_count,
            "unread": counts.of(notifications.counted_unread(request.user.pk)),
        }

    def name(self) -> None:
        """Say what it will count, when a page counts first."""
        _ = self._named if self._request.user.is_authenticated else None

    @cached_property
    def _counted(self) -> dict[str, int]:
        return {name: count() for name, count in self._named.items()}

    @cached_property
    def organisation(self) -> str:
        return organisation_name()

    @cached_property
    def menu(self) -> list[Section]:
        return menu(self._view, self._counted, access=self._request.access, demo=self.demo, place=self._place)

    @cached_property
    def tabs(self) -> list[Item]:
        """Of the place that the page is about."""
        return tabs(self._view, self._place, self._request.access) if self._place else []

    @cached_property
    def way(self) -> list[Step]:
        """From the provider down to that place."""
        return way_to(self._place) if self._place else []

    @cached_property
    def is_tab(self) -> bool:
        """Whether the page is one of the tabs itself, and not one below them."""
        return any(tab.is_current for tab in self.tabs)

    @property
    def _view(self) -> str:
        match = self._request.resolver_match
        return match.view_name if match else ""

    @property
    def _place(self) -> Place | None:
        return getattr(self._request, "place", None)

    @property
    def unread_count(self) -> int:
        return self._counted["unread"]

    @cached_property
    def active_roles(self) -> list[Held]:
        """What the person has activated; what was assigned to them is no news."""
        return [held for held in self._request.active.active if held.assignment.is_activated]


def frame(request: HttpRequest) -> dict[str, Any]:
    return {"frame": getattr(request, "frame", None) or Frame(request)}
