"""Each time that access is reviewed, and who looks at it then."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.urls import reverse

from apps.accounts.models import Principal
from apps.common.access import Access
from apps.reviews.models.reviews import Review
from apps.reviews.policy.terms import Terms
from apps.reviews.states import HAS_RESULTS, RUNNING, UNDER_WAY, RoundState


class RoundQuerySet(models.QuerySet["Round"]):
    def due(self, now: datetime) -> RoundQuerySet:
        """Those a worker has to do with: under way, or at an instant that has come; and free, or left by a
        worker that has not come back."""
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
        begins = Q(state=RoundState.NOT_STARTED, starts_at__lte=now)
        closes = Q(state=RoundState.IN_PROGRESS, stage_closes_at__lte=now)
        reseats = Q(state=RoundState.IN_PROGRESS, looked_after_at__lte=now)
        return self.filter(
            Q(state__in=UNDER_WAY) | begins | closes | reseats,
            free,
            review__deleted_at__isnull=True,
        )

    def running(self) -> RoundQuerySet:
        return self.filter(state__in=RUNNING)

    def running_or_closing(self) -> RoundQuerySet:
        """The one of its review that has begun and is not completed."""
        return self.filter(state__in=[*RUNNING, RoundState.COMPLETING])

    def with_results(self) -> RoundQuerySet:
        return self.filter(state__in=HAS_RESULTS)

    def visible_to(self, access: Access) -> RoundQuerySet:
        return self.filter(review__in=Review.objects.visible_to(access))


class Round(models.Model):
    """One time that access is reviewed. Its lines and its terms are those of its beginning."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=RoundState.choices, default=RoundState.NOT_STARTED)
    terms_json = models.JSONField(default=dict, blank=True)
    stage = models.PositiveSmallIntegerField(default=1)

    starts_at = models.DateTimeField()  # as planned
    opened_at = models.DateTimeField(null=True, blank=True)  # lines are what was held then
    stage_opened_at = models.DateTimeField(null=True, blank=True)
    stage_closes_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.CharField(max_length=120, blank=True)  # a name as text: it outlives the account
    applied_by_email = models.EmailField(max_length=254, blank=True)  # none where the review did it by itself

    cursor = models.UUIDField(null=True, blank=True)  # the last row that was worked on, in the order of ids
    leased_until = models.DateTimeField(null=True, blank=True)
    looked_after_at = models.DateTimeField(null=True, blank=True)  # when to look again who mails are for
    told = models.CharField(max_length=8, blank=True)  # the last of the mails that reviewers got: see `Mail`

    objects = RoundQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "starts_at"], name="round_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="round_once"),
            models.UniqueConstraint(
                fields=["review"],
                condition=Q(state__in=["not_started"]),
                name="round_one_to_come",
            ),
            models.UniqueConstraint(
                fields=["review"],
                condition=Q(state__in=["starting", "in_progress", "completing"]),
                name="round_one_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["not_started", "canceled"]) | Q(opened_at__isnull=False),
                name="round_begun_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="in_progress")
                | Q(stage_opened_at__isnull=False, stage_closes_at__isnull=False),
                name="round_in_progress_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(state="applied", applied_at__isnull=False)
                | (~Q(state="applied") & Q(applied_at__isnull=True)),
                name="round_applied_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Round {self.number}"

    def get_absolute_url(self) -> str:
        """Where its administrators see it."""
        return reverse("reviews:round", args=[self.pk])

    def get_review_url(self) -> str:
        """Where its reviewers answer. It names the round and is no credential."""
        return reverse("reviews:lines", args=[self.pk])

    @property
    def terms(self) -> Terms:
        """By which it goes, since it began."""
        return Terms.from_json(self.terms_json)

    @property
    def is_open(self) -> bool:
        """Whether answers are taken, as it was stored: the clock may have closed it already."""
        return self.state == RoundState.IN_PROGRESS

    def takes_answers(self, now: datetime) -> bool:
        """Whether answers are taken: at its end nobody waits for a worker to say so."""
        return self.is_open and self.stage_closes_at is not None and now < self.stage_closes_at


class Desk(models.Model):
    """Those who look at the same lines in one stage of a round, whatever made them reviewers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="desks")
    stage = models.PositiveSmallIntegerField()
    # "selected", "fallback", "manager:<id>", "owners:<id>" or "holder:<id>"
    key = models.CharField(max_length=48)
    is_own = models.BooleanField(default=False)  # holders who look at what they hold themself

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "stage", "key"], name="desk_once")]

    def __str__(self) -> str:
        return self.key

    @property
    def is_fallback(self) -> bool:
        return self.key == "fallback"


class Seat(models.Model):
    """Somebody at a desk. For a group that is whoever is in it when they answer."""

    desk = models.ForeignKey(Desk, on_delete=models.CASCADE, related_name="seats")
    principal = models.ForeignKey(Principal, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["desk", "principal"], name="seat_once")]

    def __str__(self) -> str:
        return str(self.principal_id)
