"""Which assignments a review is about."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from apps.accounts.models import User
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.reviews.policy.recommending import Evidence, is_inactive, is_unused
from apps.reviews.policy.terms import Scope, Terms
from apps.reviews.states import Holders
from apps.roles.models import Resource


def held_at(terms: Terms, instant: datetime) -> AssignmentQuerySet:
    """What was assigned in its scopes at an instant: also what has been ended since, so that a round which
    takes a while to write is of one moment. What evidence leaves out is another question (`is_meant`)."""
    kinds = [Assignment.Kind.ELIGIBLE] if terms.includes_eligible else []
    kinds += [Assignment.Kind.ACTIVE] if terms.includes_active else []
    rows = Assignment.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=instant),
        Q(ended_at__isnull=True) | Q(ended_at__gt=instant),
        reduce(or_, (_within(scope) for scope in terms.scopes)),
        origin=Assignment.Origin.ASSIGNED,
        created_at__lte=instant,
        starts_at__lte=instant,
        kind__in=kinds,
    )
    return rows.filter(principal__user__type=User.Type.GUEST) if terms.holders == Holders.GUESTS else rows


def is_meant(terms: Terms, evidence: Evidence) -> bool:
    """Whether a row of its scopes is reviewed, where only what is unused, or held by inactive people, is."""
    if terms.inactive_days is not None and not is_inactive(evidence, terms.inactive_days):
        return False
    return terms.unused_days is None or is_unused(evidence, terms.unused_days)


def _within(scope: Scope) -> Q:
    if not scope.includes_below:
        return Q(role_id=scope.role_id, resource_id=scope.resource_id)
    top = Resource.objects.get(pk=scope.resource_id)
    return Q(role_id=scope.role_id, resource__path__startswith=top.path)
