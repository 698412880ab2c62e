"""How roles were asked for, approved and activated lately."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, F, Q

from apps.access_requests.models import AccessRequest, Approval
from apps.alerts.policy.catalogue import HASTY_APPROVALS
from apps.alerts.policy.rules.requests import (
    HASTE_KNOWN,
    PAIRS_KNOWN,
    USES_KNOWN,
    Approved,
    OwnGrant,
    Pair,
    Use,
)
from apps.alerts.selectors.facts.holders import AT_ONCE
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction, Party, Place
from apps.common.lookup import present

_PLACE = ("resource__provider", "resource__path", "resource__name")
_ITS_PLACE = tuple(f"request__{name}" for name in _PLACE)


def uses_lately(now: datetime) -> Iterator[Use]:
    """Every activation that has begun, person by person. What was extended is still one. One query."""
    begun = Q(ended_at__isnull=True) | Q(ended_at__gt=F("starts_at"))
    rows = Assignment.objects.activated().filter(begun, starts_at__gt=now - USES_KNOWN, starts_at__lte=now)
    columns = rows.order_by("principal_id", "role_id", "resource__path", "starts_at", "id").values_list(
        "principal_id", "principal__name", "role_id", "role__name", "starts_at", *_PLACE
    )
    for id_, name, role_id, role, at, *place in columns.iterator(chunk_size=AT_ONCE):
        yield Use(Party("user", str(id_), name), str(role_id), role, Place(*place), at)


def pairs_lately(now: datetime) -> Iterator[Pair]:
    """Who decided on whose requests, counted by the database. One query."""
    decided = Approval.objects.filter(decided_at__gt=now - PAIRS_KNOWN, decided_at__lte=now)
    columns = (
        decided.filter(requester__isnull=False)
        .values_list("requester_id", "requester__name", "approver_id", "approver__name", *_ITS_PLACE)
        .annotate(decided=Count("id"))
        .order_by("requester_id", "request__resource__path", "approver_id")
    )
    for requester, name, approver, approver_name, *place, count in columns.iterator(chunk_size=AT_ONCE):
        asked_by = Party("user", str(requester), name)
        yield Pair(asked_by, Party("user", str(approver), approver_name), Place(*place), count)


def quick_approvals(now: datetime) -> Iterator[Approved]:
    """Those that came as fast as the alert may ask for at most. One query."""
    (highest,) = (each.highest for each in HASTY_APPROVALS.thresholds if each.name == "seconds")
    columns = (
        Approval.objects.filter(decision=Approval.Decision.APPROVED)
        .filter(decided_at__gt=now - HASTE_KNOWN, decided_at__lte=now)
        .filter(decided_at__lt=F("request__created_at") + timedelta(seconds=highest))
        .order_by("approver_id", "request__resource__path", "id")
        .values_list("approver_id", "approver__name", "decided_at", "request__created_at", *_ITS_PLACE)
    )
    for id_, name, decided_at, asked_at, *place in columns.iterator(chunk_size=AT_ONCE):
        yield Approved(Party("user", str(id_), name), Place(*place), decided_at - asked_at)


def own_grants(now: datetime) -> list[OwnGrant]:
    """What admins gave themselves and has not ended. Two queries."""
    own = AuditEvent.objects.filter(action=AuditAction.GRANTED_ONESELF, at__lte=now)
    ids = set(own.exclude(request_id="").values_list("request_id", flat=True))
    requests = AccessRequest.objects.filter(pk__in=ids, result__in=Assignment.objects.not_ended(now))
    rows = requests.select_related("result__principal", "role", "resource").order_by("created_at", "pk")
    return [
        OwnGrant(
            request_id=str(row.id),
            assignment_id=str(row.result_id),
            by=Party("user", str(row.requester_id or ""), row.requester_name),
            holder=present(row.result).principal.party,
            role=row.role.name,
            place=row.resource.place,
            at=row.created_at,
        )
        for row in rows
    ]
