"""A review's columns as the values that rules and forms work with."""

from __future__ import annotations

from apps.common.zones import zone_named
from apps.reviews.models import Review, ReviewScope, Stage
from apps.reviews.policy.calendar import Calendar, Frequency
from apps.reviews.policy.terms import Named, Scope, StageTerms, Terms
from apps.reviews.states import Answer, Holders, NoAnswer, Who

# Columns that are terms just as they stand.
PLAIN = (
    *("name", "description", "extra_text"),
    *("includes_eligible", "includes_active", "inactive_days", "unused_days"),
    *("recommends", "look_back_days", "reason_required", "sends_mails", "sends_reminders"),
    *("applies_automatically", "reveals_earlier"),
)


def terms_of(review: Review) -> Terms:
    """As they are set now: by which the next round will go. Five queries."""
    scopes = review.scopes.select_related("role", "resource").order_by("role__name", "resource__name", "id")
    return Terms(
        **{name: getattr(review, name) for name in PLAIN},
        holders=Holders(review.holders),
        no_answer=NoAnswer(review.no_answer),
        proceeds=tuple(map(Answer, review.proceeds)),
        scopes=tuple(scope_of(row) for row in scopes),
        stages=_stages(review),
        tells=tuple(Named(row.id, row.name) for row in review.tells.order_by("name", "id")),
    )


def scope_of(row: ReviewScope) -> Scope:
    """Loaded with its role and resource."""
    return Scope(row.role_id, row.resource_id, row.includes_below, row.role.name, row.resource.name)


def calendar_of(review: Review) -> Calendar:
    return Calendar(
        frequency=Frequency(review.frequency),
        starts_at=review.starts_at,
        zone=zone_named(review.time_zone),
        ends_on=review.ends_on,
        occurrences=review.occurrences,
    )


def _stages(review: Review) -> tuple[StageTerms, ...]:
    rows = review.stages.prefetch_related("reviewers__principal").order_by("number")
    return tuple(
        StageTerms(row.days, Who(row.who), _named(row, is_fallback=False), _named(row, is_fallback=True))
        for row in rows
    )


def _named(stage: Stage, *, is_fallback: bool) -> tuple[Named, ...]:
    rows = [row.principal for row in stage.reviewers.all() if row.is_fallback == is_fallback]
    return tuple(Named(row.id, row.name) for row in sorted(rows, key=lambda row: (row.name, row.id)))
