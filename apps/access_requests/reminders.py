"""Reminds of what still waits when half of its time is over: once, and those who can still decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.access_requests.models import AccessRequest
from apps.access_requests.notices.activations import reminder_for_approvers
from apps.access_requests.notices.assignments import deciders_on, reminder_for_admins
from apps.access_requests.policy.prolonging import ADMIN_WINDOW
from apps.access_requests.selectors.approvers import Sought, approvers_for_many
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.selectors.terms import terms_of_many
from apps.access_requests.states import WAITING
from apps.assignments.models import ReminderProgress
from apps.assignments.reminders import OVERLAP
from apps.common.paging import in_batches
from apps.notifications.services import Letter, notify_many
from apps.roles.selectors import rules_for_many

BATCH = 100
NAME = "half_window"

Letters = Mapping[str, Iterable[Letter]]


def remind_of_requests(*, now: datetime) -> int:
    """Remind of each request once; answers of how many. May run twice, may be killed anywhere: who has been
    reminded is not reminded again."""
    reached = now - OVERLAP
    since = ReminderProgress.since(NAME, first=now - ADMIN_WINDOW, latest=reached)
    due = _half_over(since, now)
    told = sum(_remind(ids, now) for ids in in_batches(due, BATCH))
    ReminderProgress.note(NAME, reached)
    return told


def _half_over(since: datetime, now: datetime) -> list[UUID]:
    """Those of what waits, which is little, whose half has passed since then."""
    waiting = AccessRequest.objects.waiting().filter(deadline_at__gt=now)
    spans = waiting.values_list("id", "created_at", "deadline_at")
    return [id_ for id_, asked, lapses in spans.iterator() if since <= asked + (lapses - asked) / 2 <= now]


@transaction.atomic
def _remind(ids: list[UUID], now: datetime) -> int:
    """One batch; of those that read as waiting, too."""
    requests = list(AccessRequest.objects.filter(pk__in=ids).with_names())
    states = states_now(requests, now=now)
    waiting = [request for request in requests if states[request.id] in WAITING]
    activations = [request for request in waiting if not request.is_about_assignment]
    assignments = [request for request in waiting if request.is_about_assignment]
    notify_many({**_to_approvers(activations, now), **_to_admins(assignments, now)}, now=now)
    return len(waiting)


def _to_approvers(requests: list[AccessRequest], now: datetime) -> Letters:
    """In a number of queries that does not grow with them."""
    grounds = [(row.principal_id, row.role, row.ground.resource) for row in requests]
    terms = terms_of_many(grounds, now=now)
    rules = [terms[person, role.id, resource.id] for person, role, resource in grounds]
    sought = [
        Sought(each, row.ground.resource, row.person) for row, each in zip(requests, rules, strict=True)
    ]
    found = approvers_for_many(sought, now=now)
    return {
        _key(row): reminder_for_approvers(row, approvers, rules=each, now=now)
        for row, each, approvers in zip(requests, rules, found, strict=True)
    }


def _to_admins(requests: list[AccessRequest], now: datetime) -> Letters:
    rules = rules_for_many((row.role, row.resource) for row in requests)
    return {
        _key(row): reminder_for_admins(
            row, deciders_on(row, now=now), rules=rules[row.role_id, row.resource_id], now=now
        )
        for row in requests
    }


def _key(request: AccessRequest) -> str:
    return f"request:{request.id}:half"
