"""What one alert has found, as its page lists it, and who may do what about each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import TextChoices

from apps.access_requests.asks import Actor
from apps.accounts.policy import SecondFactor
from apps.alerts.models import Finding, FindingQuerySet
from apps.alerts.policy.catalogue import BY_ID
from apps.alerts.policy.dismissing import FindingFacts, can_dismiss, can_restore
from apps.alerts.policy.fixing import can_fix
from apps.alerts.policy.terms import Rule
from apps.assignments.models import Assignment
from apps.common.access import Access, Permission, Provider
from apps.common.decision import Decision
from apps.common.lookup import as_ids, every_word
from apps.common.paging import Page, count_of, newest_first, page_of


class Tab(TextChoices):
    OPEN = "open", "Open"
    DISMISSED = "dismissed", "Dismissed"
    HISTORY = "history", "History"


_LATEST = {Tab.OPEN: "found_at", Tab.DISMISSED: "dismissed_at", Tab.HISTORY: "mended_at"}


@dataclass(frozen=True)
class Search:
    """What a page of findings is about, and what narrows it."""

    rule: Rule
    provider: Provider
    path: str = ""
    tab: Tab = Tab.OPEN
    q: str = ""


@dataclass(frozen=True)
class Row:
    """One finding, and what its reader may do about it here."""

    finding: Finding
    can_fix: Decision
    can_dismiss: Decision
    can_restore: Decision

    @property
    def assignment_id(self) -> str:
        """Empty where it is about none."""
        id_: str = self.finding.ids.get("assignment", "")
        return id_


@dataclass(frozen=True)
class Found:
    page: Page[Finding]
    rows: Sequence[Row]
    kinds: Mapping[str, str]  # of the assignments that they name, by id
    counts: Mapping[Tab, str]


def find_findings(search: Search, *, actor: Actor, after: str = "", now: datetime) -> Found:
    """The latest first. A fixed number of queries."""
    tabs = _tabs(search, actor.access, now)
    page = page_of(tabs[search.tab], newest_first(_LATEST[search.tab]), after=after)
    counts = {tab: count_of(rows) for tab, rows in tabs.items()}
    rows = rows_for(page.rows, actor=actor, now=now)
    return Found(page, rows, _kinds_of(rows), counts)


def picked_findings(rule: Rule, provider: Provider, ids: Sequence[UUID], access: Access) -> list[Finding]:
    """Those of this alert in this provider that are visible, by name. One query."""
    rows = Finding.objects.visible_to(access).of(rule.id).within(provider).filter(pk__in=ids)
    return list(rows.order_by("about_name", "role", "pk"))


def rows_for(findings: Iterable[Finding], *, actor: Actor, now: datetime) -> list[Row]:
    """With what a button may say. No query."""
    return [
        Row(finding, _can_fix(finding, actor.access), can_dismiss(facts), can_restore(facts))
        for finding in findings
        for facts in [facts_of(finding, actor=actor, now=now)]
    ]


def facts_of(
    finding: Finding,
    *,
    actor: Actor,
    now: datetime,
    factor: SecondFactor | None = None,
    why: str | None = None,
    days: int = 0,
) -> FindingFacts:
    """What the rules about one finding ask for; without `factor` as a button asks."""
    return FindingFacts(
        may_manage=actor.access.may(Permission.ALERTS_MANAGE, finding.provider, finding.path),
        place_name=finding.place_name,
        is_about_actor=actor.user is not None
        and str(actor.user.pk) in {finding.about_id, *finding.ids.values()},
        why=why,
        days=days,
        factor=factor,
        factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        now=now,
    )


def _kinds_of(rows: Iterable[Row]) -> Mapping[str, str]:
    """One query."""
    named = Assignment.objects.filter(pk__in=as_ids(row.assignment_id for row in rows))
    return {str(id_): kind for id_, kind in named.values_list("pk", "kind")}


def _can_fix(finding: Finding, access: Access) -> Decision:
    return can_fix(BY_ID[finding.rule].fix, finding.ids, finding.place, access)


def _tabs(search: Search, access: Access, now: datetime) -> dict[Tab, FindingQuerySet]:
    rows = Finding.objects.visible_to(access).of(search.rule.id).within(search.provider, search.path)
    fitting = rows.filter(every_word(search.q.split(), "about_name", "role", "place_name", "text"))
    return {
        Tab.OPEN: fitting.open(now),
        Tab.DISMISSED: fitting.dismissed(now),
        Tab.HISTORY: fitting.mended(),
    }
