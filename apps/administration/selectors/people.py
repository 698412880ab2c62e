"""The list of people, as far as its reader may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices, Value
from django.db.models.functions import Coalesce

from apps.access_requests.policy.power import Power
from apps.access_requests.selectors.power import powers_of
from apps.accounts.models import AuthenticatorDevice, User
from apps.administration.policy.people import can_see_people
from apps.common.access import Access
from apps.common.lookup import every_word
from apps.common.paging import Column, Page, by_text, counts_of, newest_first, page_of

_NEVER = Value(datetime(1970, 1, 1, tzinfo=UTC))  # sorts those who never signed in


class Tab(TextChoices):
    ENABLED = "enabled", "Enabled"
    DISABLED = "disabled", "Disabled"
    ALL = "all", "All users"


class Sort(TextChoices):
    NAME = "name", "Name"
    SEEN = "seen", "Last sign-in"


_ORDERS: dict[Sort, tuple[Column, ...]] = {Sort.NAME: by_text("name"), Sort.SEEN: newest_first("seen")}
_TABS = {Tab.ENABLED: Q(is_enabled=True), Tab.DISABLED: Q(is_enabled=False), Tab.ALL: Q()}


class Factor(TextChoices):
    WITH = "with", "With second factor"
    WITHOUT = "without", "Without second factor"


@dataclass(frozen=True)
class Search:
    """Who is looked for; what is empty leaves nobody out."""

    tab: Tab = Tab.ENABLED
    type: str = ""
    factor: str = ""
    q: str = ""
    sort: Sort = Sort.NAME

    @property
    def narrows(self) -> bool:
        return bool(self.type or self.factor or self.q)

    @property
    def chosen(self) -> dict[str, str]:
        """For the audit log and for the form that exports the same people."""
        parts = {"tab": str(self.tab), "type": self.type, "factor": self.factor, "q": self.q}
        return {name: value for name, value in parts.items() if value}


@dataclass(frozen=True)
class Line:
    """One person of the list."""

    user: User
    power: Power
    has_factor: bool


@dataclass(frozen=True)
class Found:
    """One page of the tab that was asked for, and how many there are in each."""

    page: Page[User]
    lines: list[Line]
    counts: dict[Tab, str]


def people(access: Access, search: Search, *, after: str = "", now: datetime) -> Found:
    """A page of the people who fit. The number of queries is the same for two and for thousands."""
    fitting = _fitting(access, search)
    shown = fitting.filter(_TABS[search.tab])
    rows: QuerySet[User] = shown.annotate(seen=Coalesce("last_sign_in_at", _NEVER))
    page = page_of(rows, _ORDERS[search.sort], after=after)
    powers = powers_of([user.pk for user in page.rows], now=now)
    lines = [Line(user, powers[user.pk], _annotated(user).has_factor) for user in page.rows]
    return Found(page, lines, counts_of({tab: fitting.filter(_TABS[tab]) for tab in Tab}))


def whole_list(access: Access, search: Search) -> QuerySet[User]:
    """All of what `people` shows a page at a time, by name, with managers."""
    rows = _fitting(access, search).filter(_TABS[search.tab])
    return rows.select_related("manager").order_by("name", "id")


def _fitting(access: Access, search: Search) -> QuerySet[User]:
    devices = AuthenticatorDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
    rows = User.objects.annotate(has_factor=Exists(devices))
    if not can_see_people(access):
        return rows.none()
    if search.type:
        rows = rows.filter(type=search.type)
    if search.factor:
        rows = rows.filter(has_factor=search.factor == Factor.WITH)
    return _containing(rows, search.q.split())


def _containing(rows: QuerySet[User], words: Iterable[str]) -> QuerySet[User]:
    """Those with every word in their name, address, job title or department."""
    return rows.filter(every_word(words, "name", "email", "job_title", "department"))


def _annotated(user: User) -> Any:
    """The row with what the query has put beside its columns, of which its type knows nothing."""
    return user
