"""The lines of a round, and what was said of them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from apps.accounts.models import Principal, User
from apps.assignments.models import Assignment
from apps.common.access import Access
from apps.common.lookup import every_word
from apps.reviews.models.reviews import reading
from apps.reviews.models.rounds import Desk, Round, Seat
from apps.reviews.policy.answering import LONGEST_REASON
from apps.reviews.policy.recommending import Recommendation
from apps.reviews.states import BY_HAND, Answer, ApplyResult, Outcome, RoundState
from apps.roles.models import Resource, RoleDefinition


class ItemQuerySet(models.QuerySet["Item"]):
    def for_reviewer(self, sitting: Collection[UUID], within_reach: Collection[UUID]) -> ItemQuerySet:
        """Those in front of somebody: `sitting` are they and the groups they are in now, `within_reach` they
        and all groups they are or may come to be in. What they hold themself by those is not theirs to judge,
        unless holders are asked about their own."""
        seated = Seat.objects.filter(principal_id__in=sitting).values("desk")
        return self.filter(Q(desk__is_own=True) | ~Q(principal_id__in=within_reach), desk__in=seated)

    def open(self, now: datetime) -> ItemQuerySet:
        """Those on which an answer is taken now."""
        return self.filter(
            stage=F("round__stage"),
            round__state=RoundState.IN_PROGRESS,
            round__stage_closes_at__gt=now,
            round__review__deleted_at__isnull=True,
        )

    def not_answered(self) -> ItemQuerySet:
        return self.filter(answer=Answer.NOT_REVIEWED)

    def visible_to(self, access: Access) -> ItemQuerySet:
        """Those on resources where one may see reviews."""
        return self.filter(reading(access))

    def by_hand(self) -> ItemQuerySet:
        """Those that somebody has to remove where the portal cannot."""
        left = self.filter(apply_result__in=BY_HAND, handled_at__isnull=True)
        return left.filter(round__review__deleted_at__isnull=True)

    def containing(self, words: Iterable[str]) -> ItemQuerySet:
        """Those with every word in the name or address of the holder, of the role or of the resource."""
        return self.filter(every_word(words, "holder_name", "holder_email", "role_name", "resource_name"))

    def with_rows(self) -> ItemQuerySet:
        return self.select_related("principal", "role", "resource", "assignment", "round__review", "desk")


class Item(models.Model):
    """One line: an assigned row as it was when the round began, with what was known of its use."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="items")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="review_items")
    principal = models.ForeignKey(Principal, on_delete=models.PROTECT, related_name="review_items")
    role = models.ForeignKey(RoleDefinition, on_delete=models.PROTECT, related_name="+")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Assignment.Kind.choices)
    # Names as they were; what is renamed later keeps its place in lists.
    holder_name = models.CharField(max_length=120)
    holder_email = models.EmailField(max_length=254, blank=True)
    holder_type = models.CharField(max_length=8)  # "member", "guest", "group"
    role_name = models.CharField(max_length=120)
    resource_name = models.CharField(max_length=120)
    held_since = models.DateTimeField()
    held_until = models.DateTimeField(null=True, blank=True)
    people = models.JSONField(default=list, blank=True)  # of a group: [{"id", "name", "email"}, …]

    last_sign_in_at = models.DateTimeField(null=True, blank=True)
    activations = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True, blank=True)
    usual_minutes = models.PositiveIntegerField(null=True, blank=True)
    decided_requests = models.PositiveIntegerField(default=0)
    recommendation = models.CharField(max_length=8, choices=Recommendation.choices)
    recommendation_short = models.CharField(max_length=60, blank=True)
    recommendation_reason = models.CharField(max_length=300, blank=True)

    desk = models.ForeignKey(Desk, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    stage = models.PositiveSmallIntegerField(default=1)  # the last that it has come to
    answer = models.CharField(max_length=12, choices=Answer.choices, default=Answer.NOT_REVIEWED)

    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    outcome_reason = models.CharField(max_length=200, blank=True)  # where nobody's answer is the reason
    apply_result = models.CharField(max_length=16, choices=ApplyResult.choices, blank=True)
    apply_reason = models.CharField(max_length=1000, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    handled_at = models.DateTimeField(null=True, blank=True)  # what was to do by hand is done
    handled_by = models.CharField(max_length=120, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["round", "holder_name", "role_name", "id"], name="item_by_holder"),
            models.Index(fields=["round", "role_name", "holder_name", "id"], name="item_by_role"),
            models.Index(fields=["desk", "answer"], name="item_desk"),
            models.Index(fields=["round", "apply_result"], name="item_to_apply"),
            models.Index(
                fields=["holder_name", "role_name", "id"],
                condition=Q(apply_result__in=["not_supported", "failed"], handled_at__isnull=True),
                name="item_by_hand",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["round", "assignment"], name="item_once"),
            models.CheckConstraint(
                condition=Q(outcome="remove") & ~Q(apply_result="")
                | ~Q(outcome="remove") & Q(apply_result=""),
                name="item_applies_what_is_denied",
            ),
            models.CheckConstraint(
                condition=Q(apply_result__in=["applied", "not_found", "not_supported", "failed"])
                & Q(applied_at__isnull=False)
                | Q(apply_result__in=["", "new"]) & Q(applied_at__isnull=True),
                name="item_applied_says_when",
            ),
            models.CheckConstraint(
                condition=Q(handled_at__isnull=True) | Q(apply_result__in=["not_supported", "failed"]),
                name="item_handled_was_to_do",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder_name}: {self.role_name} on {self.resource_name}"

    @property
    def is_left_by_hand(self) -> bool:
        """Whether somebody has to remove it where the portal could not."""
        return self.apply_result in BY_HAND and self.handled_at is None

    @property
    def is_of_group(self) -> bool:
        return self.holder_type == "group"


class Decision(models.Model):
    """What a reviewer said of a line in one stage; the last word counts as long as the round is open."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="decisions")
    stage = models.PositiveSmallIntegerField()
    answer = models.CharField(max_length=12, choices=Answer.choices)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="review_decisions")
    decided_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)  # whoever saw another one was overtaken
    # Copied from the line, so that the database itself refuses a word on one's own access.
    holder = models.ForeignKey(Principal, on_delete=models.PROTECT, related_name="+")
    is_own = models.BooleanField(default=False)  # said by a holder who was asked about their own

    class Meta:
        indexes = [models.Index(fields=["decided_by", "decided_at"], name="decision_by")]
        constraints = [
            models.UniqueConstraint(fields=["item", "stage"], name="decision_once"),
            models.CheckConstraint(
                condition=~Q(answer=str(Answer.NOT_REVIEWED)), name="decision_says_something"
            ),
            models.CheckConstraint(
                condition=Q(is_own=True) | ~Q(decided_by=F("holder")), name="decision_not_on_own_access"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_answer_display()} by {self.decided_by_id}"

    @property
    def past(self) -> str:
        """What was said, as lists say it."""
        return Answer(self.answer).past
