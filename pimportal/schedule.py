"""The table of periodic jobs: what the worker does again and again, and how often.

Nothing is trusted to the queue alone: each job looks for what is left to do, so one that did not run is
caught up by the next.
"""

from __future__ import annotations

from datetime import timedelta

from apps.portal.jobs import Job

JOBS = (
    # Often: an end is written down and told within three seconds.
    Job(
        "assignments.sweep",
        "apps.assignments.tasks.sweep",
        every=timedelta(seconds=0.5),
        wanted="apps.assignments.tasks.has_ends",
    ),
    # All of it, also what has lost its ground without anything that ended at that moment.
    Job("assignments.ground", "apps.assignments.tasks.sweep", every=timedelta(seconds=15)),
    # Each day once, soon after it has ended in UTC; days that were missed a few with each run.
    Job("assignments.roll_up", "apps.assignments.tasks.roll_up_days", every=timedelta(minutes=1)),
    Job("assignments.remind", "apps.assignments.tasks.remind", every=timedelta(seconds=30)),
    Job(
        "access_requests.sweep",
        "apps.access_requests.tasks.sweep",
        every=timedelta(seconds=2),
        wanted="apps.access_requests.tasks.has_any_to_settle",
    ),
    Job("access_requests.remind", "apps.access_requests.tasks.remind", every=timedelta(seconds=30)),
    Job(
        "administration.jobs",
        "apps.administration.tasks.work_on_jobs",
        every=timedelta(seconds=1),
        wanted="apps.administration.tasks.has_jobs",
    ),
    Job(
        "reviews.run",
        "apps.reviews.tasks.run",
        every=timedelta(seconds=2),
        wanted="apps.reviews.tasks.has_rounds",
    ),
    Job("alerts.scan", "apps.alerts.tasks.scan", every=timedelta(seconds=2)),
    Job(
        "notifications.deliver",
        "apps.notifications.tasks.deliver",
        every=timedelta(seconds=2),
        wanted="apps.notifications.tasks.has_mail",
    ),
    Job(
        "notifications.webhooks",
        "apps.notifications.tasks.tell_webhooks",
        every=timedelta(seconds=2),
        wanted="apps.notifications.tasks.has_deliveries",
    ),
    Job(
        "audit.seal",
        "apps.audit.tasks.seal",
        every=timedelta(seconds=2),
        wanted="apps.audit.tasks.has_unsealed",
    ),
    Job("notifications.gather", "apps.notifications.tasks.gather", every=timedelta(minutes=1)),
    Job(
        "audit.verify",
        "apps.audit.tasks.verify",
        every=timedelta(seconds=1),
        wanted="apps.audit.tasks.is_verifying",
    ),
    Job(
        "administration.checkpoint",
        "apps.administration.tasks.note_checkpoint",
        every=timedelta(hours=1),
    ),
    Job("audit.trim", "apps.audit.tasks.trim", every=timedelta(hours=1)),
    Job("assignments.digest", "apps.assignments.tasks.summarise_week", every=timedelta(hours=1)),
    Job("reviews.tidy", "apps.reviews.tasks.tidy", every=timedelta(hours=1)),
    Job("jobs.tidy", "apps.jobs.tasks.tidy", every=timedelta(hours=1)),
    Job("notifications.tidy", "apps.notifications.tasks.tidy", every=timedelta(hours=1)),
    Job("accounts.tidy", "apps.accounts.tasks.tidy", every=timedelta(hours=1)),
    Job("portal.tidy", "apps.portal.tasks.tidy", every=timedelta(hours=1)),
)
