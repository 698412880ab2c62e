"""A job and its lines: rows, so that a worker may die anywhere and another one goes on."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from apps.audit.vocabulary import Party
from apps.common.access import DIRECTORY_PATH, Access, Permission, Provider
from apps.jobs.states import OVER, UNDER_WAY, JobState, LineState, Verdict


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user_id: uuid.UUID, access: Access) -> JobQuerySet:
        """One's own; whoever manages Global Administrators sees them all."""
        if access.may(Permission.GLOBAL_ADMINISTRATORS_MANAGE, Provider.DIRECTORY, DIRECTORY_PATH):
            return self
        return self.filter(actor_id=user_id)

    def to_work_on(self, now: datetime) -> JobQuerySet:
        """What a worker may take up: under way, and nobody is at it, or whoever was has not come back."""
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
        return self.filter(free, state__in=UNDER_WAY)

    def over_since(self, instant: datetime) -> JobQuerySet:
        """Done, stopped, or planned and left lying. One that has a reversal is not over
        while that is there."""
        last = Coalesce("finished_at", "started_at", "created_at")
        return self.exclude(state__in=UNDER_WAY).alias(last=last).filter(last__lte=instant, reversals=None)


class Job(models.Model):
    """Many lines of one kind: checked, shown as a plan, then applied in the name of whoever planned it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)  # names the handler; no choices: apps above know them
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.CHECKING)
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversals"
    )
    actor_id = models.UUIDField()  # with the name as text: a job outlives what its people are called
    actor_name = models.CharField(max_length=120)
    # The second factor that Apply was pressed with counts for the whole job (`SecondFactor.given_at`).
    factor_at = models.DateTimeField(null=True, blank=True)
    factor_device = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["actor_id", "created_at"], name="job_of_actor"),
            models.Index(fields=["created_at", "id"], name="job_created"),
            models.Index(
                fields=["created_at"], condition=Q(state__in=[*map(str, UNDER_WAY)]), name="job_under_way"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[*map(str, OVER)], finished_at__isnull=False)
                | (~Q(state__in=[*map(str, OVER)]) & Q(finished_at__isnull=True)),
                name="job_over_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "done"])
                | Q(started_at__isnull=False, factor_at__isnull=False),
                name="job_started_with_a_factor",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("administration:import", args=[self.pk])

    @property
    def actor(self) -> Party:
        return Party("user", str(self.actor_id), self.actor_name)

    @property
    def party(self) -> Party:
        """This job as audit events name it."""
        return Party("job", str(self.id), self.title)

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY


class JobLine(models.Model):
    """One line: what was given, what it would do, what became of it, and what would take that back."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()  # in the file, where people look for it
    state = models.CharField(max_length=10, choices=LineState.choices, default=LineState.UNCHECKED)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)  # as it was given
    todo = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)  # for the handler alone
    undo = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)  # empty: nothing to reverse
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["job", "state", "attempts", "number"], name="job_line_next"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="job_line_once"),
            models.CheckConstraint(
                condition=Q(state="unchecked", verdict="") | (~Q(state="unchecked") & ~Q(verdict="")),
                name="job_line_checked_has_verdict",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["waiting", "done", "failed"]) | ~Q(verdict__in=["same", "wrong"]),
                name="job_line_applies_what_it_can",
            ),
        ]

    def __str__(self) -> str:
        return f"Line {self.number}"
