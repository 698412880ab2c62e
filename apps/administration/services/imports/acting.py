"""In whose name the lines of a job are judged: with their rights of this moment."""

from __future__ import annotations

from datetime import datetime

from apps.access_requests.asks import Actor
from apps.accounts.models import User
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.accounts.selectors import has_second_factor
from apps.assignments.selectors import access_now
from apps.jobs.models import Job


def actor_of(job: Job, *, now: datetime) -> Actor:
    """Whoever planned the job, with what they may do now: who has lost a role since, or is disabled, applies
    no further line."""
    user = User.objects.get(pk=job.actor_id)
    access = access_now(user, now=now)
    return Actor.person(user, access=access, second_factor=_factor(job, user, now))


def _factor(job: Job, user: User, now: datetime) -> SecondFactor:
    """The one that Apply was pressed with, and none once that was reset. What is only checked is judged as if
    it had been: Apply asks."""
    if job.started_at is None:
        return SecondFactor(now, given_at=now)
    if not has_second_factor(user):
        return NO_FACTOR
    return SecondFactor(job.factor_at, device=job.factor_device, given_at=job.started_at)
