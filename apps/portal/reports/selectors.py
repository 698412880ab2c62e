"""Who held what, when: assignments of a period, each with its request, approval and last review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch, Q, TextChoices
from django.db.models.functions import Greatest

from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.states import Action
from apps.accounts.models import Principal
from apps.assignments.membership import groups_of_user, members_of
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.common.access import Access, Permission
from apps.common.lookup import present
from apps.common.paging import Column, Page, by_text, count_of, each_of, in_batches, page_of
from apps.reviews.models import Decision
from apps.roles.models import where_permitted

READ_AT_ONCE = 500  # assignments of a file that are held in memory
REPORT_COUNTED_TO = 10_000  # of a report people want the number itself
_GIVES = {*Action} - {Action.ADMIN_REMOVE, Action.SELF_DEACTIVATE}
_BY_HOLDER = by_text("holder_name", "role_name")
_IN_FILES = (Column("principal_id", UUID), Column("id", UUID))  # as an index has them, for any number
_MOMENT = timedelta(microseconds=1)


class Held(TextChoices):
    ELIGIBLE = "eligible", "Eligible"
    ASSIGNED = "assigned", "Assigned"
    ACTIVATED = "activated", "Activated"


class Holders(TextChoices):
    """How access that a group holds is shown."""

    GROUPS = "groups", "As groups"
    PEOPLE = "people", "As people"


@dataclass(frozen=True)
class Report:
    """What was held at any time from `since` up to, and not including, `until`. What is empty leaves nothing
    out; `path` is that of a resource and takes in all below it, `person` somebody or a group."""

    since: datetime
    until: datetime
    provider: str = ""
    path: str = ""
    person: UUID | None = None
    role: UUID | None = None
    held: str = ""
    words: str = ""
    holders: str = Holders.GROUPS

    def as_of(self, now: datetime) -> datetime:
        """The instant at which groups are looked into: the last of the period that has come."""
        return min(self.until - _MOMENT, now)

    @property
    def chosen(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Line:
    """One assignment in the report, with what led to it. `behind` is somebody in the group that holds it."""

    item: Assignment
    request: AccessRequest | None
    approval: Approval | None
    review: Decision | None
    now: datetime
    behind: Principal | None = None

    @property
    def holder(self) -> Principal:
        return self.behind or self.item.principal

    @property
    def held(self) -> str:
        return Held(self.item.held_as).label

    @property
    def until(self) -> datetime | None:
        """When it ended, or will; nothing for permanent."""
        return self.item.ended_at or self.item.ends_at

    @property
    def how_it_ended(self) -> str:
        """In words; nothing while it lasts."""
        item = self.item
        if item.ended_at is None:
            over = item.ends_at is not None and item.ends_at <= self.now
            return Assignment.End.EXPIRED.label if over else ""
        by = f" by {item.ended_by}" if item.ended_how != Assignment.End.EXPIRED else ""
        return f"{item.get_ended_how_display()}{by}"


def report_page(
    report: Report, access: Access, *, after: str = "", now: datetime
) -> tuple[str, Page[Assignment], list[Line]]:
    """How many assignments there are, one page of them, and its lines: by holder and role. Seven queries."""
    rows = _held(report, access, now=now)
    named = rows.annotate(holder_name=F("principal__name"), role_name=F("role__name"))
    page = page_of(named, _BY_HOLDER, after=after)
    return count_of(rows, exact_to=REPORT_COUNTED_TO), page, lines_of(page.rows, report, now=now)


def first_lines(report: Report, access: Access, *, at_most: int, now: datetime) -> list[Line]:
    """What is shown whole, as on paper."""
    rows = _held(report, access, now=now).order_by("principal__name", "role__name", "id")
    return lines_of(list(rows[:at_most]), report, now=now)


def each_line(report: Report, access: Access, *, now: datetime) -> Iterator[Line]:
    """All lines, for a file: by holder, so many at a time, with a fixed number of queries for each part."""
    rows = each_of(_held(report, access, now=now), _IN_FILES, size=READ_AT_ONCE)
    for batch in in_batches(rows, READ_AT_ONCE):
        yield from lines_of(batch, report, now=now)


def lines_of(rows: Sequence[Assignment], report: Report, *, now: datetime) -> list[Line]:
    """These assignments with what led to them; of groups, if so asked, a line for each person behind them."""
    ids = [row.id for row in rows]
    requests, reviews = _requests(ids, report), _reviews(rows, report)
    lines = []
    for row in rows:
        request = requests.get(row.id)
        approval = next(iter(request.approvals.all()), None) if request else None
        review = reviews.get(row.id) or reviews.get(row.parent_id)
        lines.append(Line(row, request, approval, review, now))
    return lines if report.holders == Holders.GROUPS else _people_behind(lines, report, now)


def _held(report: Report, access: Access, *, now: datetime) -> AssignmentQuerySet:
    """Assignments where one may both see who holds what, and read what has happened."""
    lasted = Q(ended_at__isnull=True) | Q(ended_at__gt=Greatest(report.since, F("starts_at")))
    lasted &= Q(ends_at__isnull=True) | Q(ends_at__gt=report.since)
    rows = (
        Assignment.objects.visible_to(access)
        .filter(where_permitted(access, Permission.AUDIT_READ))
        .within(report.provider, report.path)
        .filter(lasted, starts_at__lt=report.until)
        .with_names()
    )
    if report.person:
        groups = groups_of_user(report.person, now=report.as_of(now))
        rows = rows.filter(principal_id__in={report.person, *groups})
    if report.role:
        rows = rows.filter(role_id=report.role)
    if report.held:
        rows = rows.filter(_AS[Held(report.held)])
    return rows.containing(report.words.split())


_AS = {
    Held.ELIGIBLE: Q(kind=Assignment.Kind.ELIGIBLE),
    Held.ASSIGNED: Q(kind=Assignment.Kind.ACTIVE, origin=Assignment.Origin.ASSIGNED),
    Held.ACTIVATED: Q(origin=Assignment.Origin.ACTIVATED),
}


def _requests(ids: Sequence[UUID], report: Report) -> dict[UUID, AccessRequest]:
    """For each assignment the last request that gave or prolonged it before the period was over."""
    approvals = Prefetch("approvals", Approval.objects.select_related("approver"))
    given = AccessRequest.objects.filter(result__in=ids, action__in=_GIVES, created_at__lt=report.until)
    found = given.prefetch_related(approvals).order_by("created_at", "id")
    return {present(request.result_id): request for request in found}


def _reviews(rows: Sequence[Assignment], report: Report) -> dict[UUID | None, Decision]:
    """For each assignment what a reviewer said of it last before the period was over; what was activated goes
    with what it rests on."""
    ids = {id_ for row in rows for id_ in (row.id, row.parent_id) if id_}
    said = Decision.objects.filter(item__assignment__in=ids, decided_at__lt=report.until)
    found = said.select_related("item", "decided_by").defer("item__people").order_by("decided_at", "pk")
    return {decision.item.assignment_id: decision for decision in found}


def _people_behind(lines: Sequence[Line], report: Report, now: datetime) -> list[Line]:
    groups = {line.item.principal_id for line in lines if line.item.principal.is_group}
    members = members_of(groups, now=report.as_of(now))
    people = Principal.objects.in_bulk({id_ for found in members.values() for id_ in found})
    return [each for line in lines for each in _behind(line, members, people, report.person)]


def _behind(
    line: Line,
    members: Mapping[UUID, Mapping[UUID, datetime]],
    people: Mapping[UUID, Principal],
    person: UUID | None,
) -> list[Line]:
    """The line itself, or one for each person in the group; of one person alone, if the report is of them. A
    group with nobody in it keeps its line."""
    group = line.item.principal
    inside = members.get(group.id, {})
    if not inside or group.id == person:
        return [line]
    found = [people[id_] for id_ in inside if person in (None, id_)]
    return [replace(line, behind=each) for each in sorted(found, key=lambda each: (each.name, each.id))]
