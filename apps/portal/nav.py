"""The left menu: one table. An entry stands in it once its page exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse

from apps.common.access import Access, Permission


@dataclass(frozen=True)
class Entry:
    """`views` are the further pages on which the entry stays marked; `count` names the number beside it;
    `needs` is what somebody must be allowed somewhere for the page to open."""

    label: str
    view: str
    icon: str
    views: frozenset[str] = frozenset()
    count: str = ""
    needs: Permission | None = None


@dataclass(frozen=True)
class Item:
    """An entry as it is shown on one page."""

    label: str
    url: str
    icon: str
    is_current: bool
    count: int


@dataclass(frozen=True)
class Section:
    label: str
    items: tuple[Item, ...]


TASKS = (
    Entry(
        "My roles",
        "access_requests:my_roles",
        "person-badge",
        frozenset({"access_requests:activate", "access_requests:extend"}),
    ),
    Entry("My requests", "access_requests:my_requests", "send", count="my_waiting"),
    Entry(
        "Approve requests",
        "access_requests:approve",
        "check2-circle",
        frozenset({"access_requests:decide", "access_requests:decide_many"}),
        "to_decide",
    ),
)
ACTIVITY = (
    Entry("My audit history", "audit:mine", "clock-history"),
    Entry("All requests", "access_requests:all_requests", "inboxes", needs=Permission.REQUESTS_READ),
    Entry("Audit", "audit:all", "journal-text", frozenset({"audit:export"}), needs=Permission.AUDIT_READ),
)
DEMO = (
    Entry("Mailbox", "portal:demo_mailbox", "envelope", frozenset({"portal:demo_mail"})),
    Entry("Codes", "portal:demo_codes", "key"),
)


def menu(view: str, counts: Mapping[str, int], *, access: Access, demo: bool) -> list[Section]:
    """The menu as it stands on the page `view`, a name such as "access_requests:my_roles", for somebody who
    may do this much."""
    sections = [("Tasks", TASKS), ("Activity", ACTIVITY)]
    if demo:
        sections.append(("Demo", DEMO))
    return [
        Section(label, tuple(_item(entry, view, counts) for entry in entries if _opens(entry, access)))
        for label, entries in sections
    ]


def _opens(entry: Entry, access: Access) -> bool:
    return entry.needs is None or access.may_somewhere(entry.needs)


def _item(entry: Entry, view: str, counts: Mapping[str, int]) -> Item:
    return Item(
        label=entry.label,
        url=reverse(entry.view),
        icon=entry.icon,
        is_current=view == entry.view or view in entry.views,
        count=counts.get(entry.count, 0),
    )
