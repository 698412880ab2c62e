"""Since when work has been due that a worker does in its own time. Access waits for none of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Subquery
from django_q.models import Schedule

from apps.access_requests.models import AccessRequest
from apps.assignments.models import Assignment
from apps.audit.models import Unsealed
from apps.common.access import DIRECTORY_ID
from apps.notifications.models import Notice, WebhookDelivery
from apps.roles.models import Resource


def backlog(*, now: datetime) -> dict[str, timedelta]:
    """By kind of work, for how long the oldest of it has been due. One query, in which each kind is the first
    entry of an index."""
    ends = Assignment.objects.past_their_end(now).order_by("ends_at")
    lapsed = AccessRequest.objects.past_their_deadline(now).order_by("deadline_at")
    jobs = Schedule.objects.filter(name__in=[job.name for job in settings.PERIODIC_JOBS])
    oldest = {
        "jobs": jobs.order_by("next_run").values("next_run"),
        "ends": ends.values("ends_at"),
        "requests": lapsed.values("deadline_at"),
        "mail": Notice.objects.due(now).order_by("next_try_at").values("next_try_at"),
        "webhooks": WebhookDelivery.objects.due(now).order_by("next_try_at").values("next_try_at"),
        "seals": Unsealed.objects.order_by("at").values("at"),
    }
    each = (Subquery(rows[:1]) for rows in oldest.values())
    found = Resource.objects.values_list(*each).get(pk=DIRECTORY_ID)
    return {kind: max(now - (since or now), timedelta()) for kind, since in zip(oldest, found, strict=True)}
