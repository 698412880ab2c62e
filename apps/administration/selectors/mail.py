"""The mail of the portal that waits, and what was given up."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices

from apps.common.paging import Column, Page, counts_of, newest_first, page_of, soonest_first
from apps.notifications.models import Notice, NoticeQuerySet


class Tab(TextChoices):
    GIVEN_UP = "given_up", "Given up"
    WAITING = "waiting", "Waiting"


_ORDER: dict[Tab, tuple[Column, ...]] = {
    Tab.GIVEN_UP: newest_first("failed_at"),
    Tab.WAITING: soonest_first("next_try_at"),
}


@dataclass(frozen=True)
class Found:
    """One page of a tab, and how much there is in each."""

    page: Page[Notice]
    counts: dict[Tab, str]


def mail_in(tab: Tab) -> NoticeQuerySet:
    return Notice.objects.given_up() if tab == Tab.GIVEN_UP else Notice.objects.to_send()


def find_mail(tab: Tab, *, after: str) -> Found:
    """In three queries, however much there is."""
    return Found(
        page_of(mail_in(tab), _ORDER[tab], after=after),
        counts_of({each: mail_in(each) for each in Tab}),
    )
