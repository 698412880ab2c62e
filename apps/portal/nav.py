"""The left menu, and the tabs and the way to a place of administration: two tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

from django.urls import reverse

from apps.administration.policy.imports import can_import_anything
from apps.administration.policy.installation import can_set_up
from apps.administration.policy.people import can_see_people
from apps.common.access import Access, Permission, Provider, can_open
from apps.common.decision import ALLOWED, Decision
from apps.roles.web import Place


def anybody(_access: Access) -> Decision:
    return ALLOWED


@dataclass(frozen=True)
class Entry:
    """`opens` says to whom the page opens: nobody else is shown the way. The entry is marked on its page, on
    `views`, and, with a `provider`, on every page about a place of it. `count` names the number beside it."""

    label: str
    view: str
    icon: str
    views: frozenset[str] = frozenset()
    count: str = ""
    provider: Provider | None = None
    args: tuple[str, ...] = ()
    opens: Callable[[Access], Decision] = anybody


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


_REVIEWING = ("lines", "start", "answer", "answer_many", "recommendations")
TASKS = (
    Entry(
        "My roles",
        "access_requests:my_roles",
        "person-badge",
        frozenset(f"access_requests:{name}" for name in ("activate", "extend", "extend_assignment", "renew")),
    ),
    Entry("My requests", "access_requests:my_requests", "send", count="my_waiting"),
    Entry(
        "Approve requests",
        "access_requests:approve",
        "check2-circle",
        frozenset({"access_requests:decide", "access_requests:decide_many"}),
        "to_decide",
    ),
    Entry(
        "Review access",
        "reviews:review_access",
        "clipboard-check",
        frozenset(f"reviews:{name}" for name in _REVIEWING),
        "to_review",
    ),
)
_SEE = Permission.ASSIGNMENTS_READ
_PEOPLE = {
    f"administration:{name}"
    for name in (
        *("person", "invite_person", "change_person", "person_audit", "export_person_audit"),
        *("send_link", "reset_factor", "disable_person", "enable_person"),
    )
}

_INSTALLATION = frozenset(
    f"administration:{name}"
    for name in (
        *("confirm_backup", "mail", "send_mail_again"),
        *("webhooks", "webhook", "add_webhook", "change_webhook", "renew_webhook_secret"),
        *("pause_webhook", "resume_webhook", "delete_webhook", "test_webhook", "send_webhook_again"),
    )
)


def _provider(provider: Provider, view: str, icon: str, *args: str) -> Entry:
    opens = partial(can_open, permission=_SEE, provider=provider)
    return Entry(provider.label, view, icon, provider=provider, args=args, opens=opens)


MANAGE = (
    Entry(
        "Overview",
        "portal:overview",
        "graph-up",
        frozenset({"portal:activations"}),
        opens=partial(can_open, permission=_SEE),
    ),
    _provider(Provider.DIRECTORY, "administration:roles", "shield-lock", Provider.DIRECTORY),
    _provider(Provider.GROUPS, "administration:groups", "people"),
    _provider(Provider.RESOURCES, "administration:resources", "diagram-3"),
    Entry(
        "Users",
        "administration:people",
        "person",
        frozenset({*_PEOPLE, "access_requests:revoke_all"}),
        opens=can_see_people,
    ),
    Entry(
        "Alerts",
        "alerts:all",
        "exclamation-diamond",
        frozenset({"alerts:discovery", "alerts:fix"}),
        count="alerts",
        opens=partial(can_open, permission=Permission.ALERTS_READ),
    ),
    Entry(
        "Imports",
        "administration:imports",
        "upload",
        frozenset({"administration:import", "administration:new_import"}),
        opens=can_import_anything,
    ),
    Entry(
        "Installation",
        "administration:installation",
        "gear",
        _INSTALLATION,
        opens=can_set_up,
    ),
)
ACTIVITY = (
    Entry("My audit history", "audit:mine", "clock-history"),
    Entry(
        "All requests",
        "access_requests:all_requests",
        "inboxes",
        opens=partial(can_open, permission=Permission.REQUESTS_READ),
    ),
    Entry(
        "Review history",
        "reviews:history",
        "clipboard-data",
        frozenset({"reviews:export_history"}),
        opens=partial(can_open, permission=Permission.REVIEWS_READ),
    ),
    Entry(
        "Report",
        "portal:report",
        "file-earmark-text",
        frozenset({"portal:print_report", "portal:export_report"}),
        opens=partial(can_open, permission=Permission.AUDIT_READ),
    ),
    Entry(
        "Audit",
        "audit:all",
        "journal-text",
        frozenset({"audit:export"}),
        opens=partial(can_open, permission=Permission.AUDIT_READ),
    ),
)
DEMO = (
    Entry("Mailbox", "portal:demo_mailbox", "envelope", frozenset({"portal:demo_mail"})),
    Entry("Codes", "portal:demo_codes", "key"),
)


def menu(
    view: str, counts: Mapping[str, int], *, access: Access, demo: bool, place: Place | None = None
) -> list[Section]:
    """The menu as it stands on the page `view`, a name such as "access_requests:my_roles", about this `place`
    if it is about one, for somebody who may do this much."""
    sections = [("Tasks", TASKS), ("Manage", MANAGE), ("Activity", ACTIVITY)]
    if demo:
        sections.append(("Demo", DEMO))
    listed = [
        Section(label, tuple(_item(entry, view, counts, place) for entry in entries if entry.opens(access)))
        for label, entries in sections
    ]
    return [section for section in listed if section.items]


def _item(entry: Entry, view: str, counts: Mapping[str, int], place: Place | None) -> Item:
    is_here = place is not None and place.provider == entry.provider
    return Item(
        label=entry.label,
        url=_url(entry),
        icon=entry.icon,
        is_current=is_here or view == entry.view or view in entry.views,
        count=counts.get(entry.count, 0),
    )


@cache
def _url(entry: Entry) -> str:
    """They stay the same, and every page has them all."""
    return reverse(entry.view, args=entry.args)


# ---- Inside one provider -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tab:
    """A page about a place, for whoever has the permission there."""

    label: str
    view: str
    needs: Permission


@dataclass(frozen=True)
class Step:
    """One step on the way to a page: a link."""

    label: str
    url: str


_OVERVIEW = Tab("Overview", "portal:place_overview", _SEE)
_ROLES = Tab("Roles", "administration:roles", _SEE)
_TABS = (
    Tab("Assignments", "access_requests:assignments", _SEE),
    Tab("Alerts", "alerts:list", Permission.ALERTS_READ),
    Tab("Access reviews", "reviews:list", Permission.REVIEWS_READ),
    Tab("Settings", "administration:settings", Permission.SETTINGS_READ),
    Tab("Requests", "access_requests:provider_requests", Permission.REQUESTS_READ),
    Tab("Audit", "administration:audit", Permission.AUDIT_READ),
)
_LISTS = {
    Provider.GROUPS: ("Groups", "administration:groups"),
    Provider.RESOURCES: ("Resources", "administration:resources"),
}


def tabs(view: str, place: Place, access: Access) -> list[Item]:
    """The pages about this place that somebody who may do this much can open."""
    rest = _TABS if place.provider == Provider.GROUPS else (_ROLES, *_TABS)
    opened = {tab: _tab(tab, view, place) for tab in (_OVERVIEW, *rest) if place.may(access, tab.needs)}
    overview = [opened.pop(_OVERVIEW)] if _OVERVIEW in opened else []
    return [*overview, *_itself(view, place), *opened.values()]


def way_to(place: Place) -> list[Step]:
    """From the provider down to the place itself."""
    if place.provider == Provider.DIRECTORY:
        return [Step(place.provider.label, reverse(_ROLES.view, args=[place.provider]))]
    _, view = _LISTS[place.provider]
    steps = [Step(place.provider.label, reverse(view))]
    resources = [*place.above, place.resource] if place.resource else []
    return steps + [Step(row.name, row.get_absolute_url()) for row in resources]


def _itself(view: str, place: Place) -> list[Item]:
    """The list of the provider's groups or resources, or the page of the one that this is about."""
    if place.resource:
        label, page = ("Group", "group") if place.resource.group_id else ("Resource", "resource")
        return [Item(label, place.resource.get_absolute_url(), "", view == f"administration:{page}", 0)]
    if place.provider not in _LISTS:
        return []
    label, page = _LISTS[place.provider]
    return [Item(label, reverse(page), "", view == page, 0)]


def _tab(tab: Tab, view: str, place: Place) -> Item:
    url = reverse(tab.view, args=[place.provider]) + place.query
    return Item(tab.label, url, "", view == tab.view, 0)
