"""Discovery and insights: standing privileged access, three steps from most to least dangerous."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, TextChoices

from apps.access_requests.policy.changing import Change
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.common.access import Access, Permission
from apps.common.paging import Page, by_text, count_of, page_of
from apps.roles.built_in import GLOBAL_ADMINISTRATOR

UNUSED_FOR = timedelta(days=30)  # as the alert about unused roles has it by default
_ORDER = by_text("holder", "role_name")


class Step(TextChoices):
    """The steps of the wizard, in order (Entra behaviour; its third is about service principals)."""

    GLOBAL_ADMINISTRATORS = "global-administrators", "Reduce Global Administrators"
    STANDING = "standing-access", "Eliminate standing access"
    UNUSED = "unused-roles", "Take away what nobody uses"

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is offered for each of its rows."""
        return (Change.REMOVE,) if self is Step.UNUSED else (Change.MAKE_ELIGIBLE, Change.REMOVE)

    @property
    def following(self) -> Step | None:
        steps = list(Step)
        at = steps.index(self) + 1
        return steps[at] if at < len(steps) else None


@dataclass(frozen=True)
class Line:
    """One row of a step. `can_be_picked`: whether its reader manages access there."""

    item: Assignment
    can_be_picked: bool


def counts_of(access: Access, *, now: datetime) -> Mapping[Step, str]:
    """How many rows each step has for this reader."""
    return {step: count_of(_rows(step, access, now)) for step in Step}


def lines_of(
    step: Step, access: Access, *, now: datetime, after: str = ""
) -> tuple[list[Line], Page[Assignment]]:
    """One page of a step, by name. One query."""
    page = page_of(_rows(step, access, now), _ORDER, after=after)
    manage = Permission.ASSIGNMENTS_MANAGE
    lines = [Line(row, access.may(manage, row.resource.provider, row.resource.path)) for row in page.rows]
    return lines, page


def _rows(step: Step, access: Access, now: datetime) -> AssignmentQuerySet:
    rows = (
        Assignment.objects.visible_to(access)
        .not_ended(now)
        .filter(origin=Assignment.Origin.ASSIGNED, role__is_privileged=True)
    )
    rows = _NARROWED[step](rows, now)
    named = rows.annotate(holder=F("principal__name"), role_name=F("role__name"))
    return named.select_related("principal__user", "role", "resource__group")


def _of_global_administrators(rows: AssignmentQuerySet, _now: datetime) -> AssignmentQuerySet:
    return rows.active().filter(role_id=GLOBAL_ADMINISTRATOR)


def _standing(rows: AssignmentQuerySet, _now: datetime) -> AssignmentQuerySet:
    return rows.active().filter(ends_at__isnull=True).exclude(role_id=GLOBAL_ADMINISTRATOR)


def _unused(rows: AssignmentQuerySet, now: datetime) -> AssignmentQuerySet:
    """Nobody activated it, and it has been there for as long."""
    lately = Assignment.objects.filter(parent=OuterRef("pk"), starts_at__gt=now - UNUSED_FOR)
    return rows.eligible().filter(~Exists(lately), created_at__lte=now - UNUSED_FOR)


_NARROWED = {
    Step.GLOBAL_ADMINISTRATORS: _of_global_administrators,
    Step.STANDING: _standing,
    Step.UNUSED: _unused,
}
