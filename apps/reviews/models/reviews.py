"""What is reviewed, by whom and how often."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from apps.accounts.models import Principal, User
from apps.audit.vocabulary import Party
from apps.common.access import Access, Permission
from apps.reviews.policy.calendar import Frequency
from apps.reviews.policy.setting_up import MOST_STAGES
from apps.reviews.states import Holders, NoAnswer, Who
from apps.roles.models import Resource, RoleDefinition, where_permitted

MOST_INACTIVE_DAYS = 730  # as in Entra


class ReviewQuerySet(models.QuerySet["Review"]):
    def kept(self) -> ReviewQuerySet:
        """Those that nobody has deleted."""
        return self.filter(deleted_at__isnull=True)

    def visible_to(self, access: Access) -> ReviewQuerySet:
        """Those of at least one role on a resource where one may see reviews. Which of its lines one sees is
        another question (`Item.objects.visible_to`)."""
        scopes = ReviewScope.objects.filter(reading(access))
        return self.filter(pk__in=scopes.values("review"))


class Review(models.Model):
    """What its owner set up: which access, who looks at it and how often, and what follows. A change here is
    for the rounds to come: each goes by the terms it began with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    extra_text = models.CharField(max_length=1000, blank=True)  # added to the reviewers' mails
    # In whose right it removes access: as long as they could manage all of its scope themself.
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews_owned")
    created_at = models.DateTimeField()

    frequency = models.CharField(max_length=16, choices=Frequency.choices)
    starts_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64)  # whose calendar counts the days
    ends_on = models.DateField(null=True, blank=True)
    occurrences = models.PositiveSmallIntegerField(null=True, blank=True)

    includes_eligible = models.BooleanField(default=True)
    includes_active = models.BooleanField(default=True)
    holders = models.CharField(max_length=8, choices=Holders.choices, default=Holders.ALL)
    inactive_days = models.PositiveSmallIntegerField(null=True, blank=True)  # nobody signed in for so long
    unused_days = models.PositiveSmallIntegerField(null=True, blank=True)  # not activated for so long

    recommends = models.BooleanField(default=True)
    look_back_days = models.PositiveSmallIntegerField(default=30)
    reason_required = models.BooleanField(default=True)
    sends_mails = models.BooleanField(default=True)
    sends_reminders = models.BooleanField(default=True)

    applies_automatically = models.BooleanField(default=True)
    no_answer = models.CharField(max_length=16, choices=NoAnswer.choices, default=NoAnswer.KEEP)
    proceeds = models.JSONField(default=list, blank=True)  # the answers that go on to the next stage
    reveals_earlier = models.BooleanField(default=False)
    tells = models.ManyToManyField(Principal, blank=True, related_name="+")  # when a round is completed

    version = models.PositiveIntegerField(default=1)  # of all above: whoever saw another one was overtaken
    held_because = models.CharField(max_length=500, blank=True)  # nobody with rights owns it: no round runs
    ended_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["name", "id"], name="review_name")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(occurrences__isnull=True), name="review_one_end"
            ),
            models.CheckConstraint(
                condition=Q(includes_eligible=True) | Q(includes_active=True), name="review_of_some_kind"
            ),
            models.CheckConstraint(
                condition=(Q(inactive_days__isnull=True) | Q(inactive_days__range=(1, MOST_INACTIVE_DAYS)))
                & (Q(unused_days__isnull=True) | Q(unused_days__range=(1, MOST_INACTIVE_DAYS))),
                name="review_inactive_days_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("reviews:review", args=[self.pk])

    @property
    def party(self) -> Party:
        """This review as audit events name it."""
        return Party("review", str(self.id), self.name)


class ReviewScope(models.Model):
    """One role on one resource, and below it where that is meant."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="scopes")
    role = models.ForeignKey(RoleDefinition, on_delete=models.PROTECT, related_name="+")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    includes_below = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "role", "resource"], name="review_scope_once"),
        ]

    def __str__(self) -> str:
        return f"{self.role_id} on {self.resource_id}"


class Stage(models.Model):
    """Who looks at the lines, one after the other; most reviews have one."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="stages")
    number = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField()
    who = models.CharField(max_length=8, choices=Who.choices)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="stage_once"),
            models.CheckConstraint(
                condition=Q(number__range=(1, MOST_STAGES), days__gte=1), name="stage_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"Stage {self.number}"


class Reviewer(models.Model):
    """A person or group named for a stage: to review, or to step in where nobody else can."""

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="reviewers")
    principal = models.ForeignKey(Principal, on_delete=models.PROTECT, related_name="+")
    is_fallback = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stage", "principal", "is_fallback"], name="reviewer_once"),
        ]

    def __str__(self) -> str:
        return str(self.principal_id)


def reading(access: Access) -> Q:
    """On a resource where reviews may be seen; nowhere without that."""
    return where_permitted(access, Permission.REVIEWS_READ)
