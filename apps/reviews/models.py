"""What is reviewed (`Review`), each time it is (`Round`), its lines (`Item`), and what was said of them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import F, Q, QuerySet
from django.urls import reverse

from apps.accounts.models import Principal, User
from apps.assignments.models import Assignment
from apps.audit.vocabulary import Party
from apps.common.access import Access, Permission
from apps.common.lookup import every_word
from apps.reviews.policy.calendar import Frequency
from apps.reviews.policy.recommending import Recommendation
from apps.reviews.policy.terms import Terms
from apps.reviews.states import (
    HAS_RESULTS,
    RUNNING,
    UNDER_WAY,
    Answer,
    ApplyResult,
    Holders,
    NoAnswer,
    Outcome,
    RoundState,
    Who,
)
from apps.roles.models import Resource, RoleDefinition

MOST_STAGES = 3
MOST_INACTIVE_DAYS = 730  # as in Entra
_APPLIES = [str(state) for state in (ApplyResult.NEW, ApplyResult.APPLIED, ApplyResult.NOT_FOUND)]


class ReviewQuerySet(models.QuerySet["Review"]):
    def kept(self) -> ReviewQuerySet:
        """Those that nobody has deleted."""
        return self.filter(deleted_at__isnull=True)

    def visible_to(self, access: Access) -> ReviewQuerySet:
        """Those of at least one role on a resource where one may see reviews. Which of its lines one sees is
        another question (`Item.objects.visible_to`)."""
        scopes = ReviewScope.objects.filter(_reading(access))
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


# ---- Each time ---------------------------------------------------------------------------------------------


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


# ---- Lines -------------------------------------------------------------------------------------------------


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
        return self.filter(_reading(access))

    def by_hand(self) -> ItemQuerySet:
        """Those that somebody has to remove where the portal cannot."""
        wanted = [str(ApplyResult.NOT_SUPPORTED), str(ApplyResult.FAILED)]
        return self.filter(apply_result__in=wanted, handled_at__isnull=True)

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
    def is_of_group(self) -> bool:
        return self.holder_type == "group"


class Decision(models.Model):
    """What a reviewer said of a line in one stage; the last word counts as long as the round is open."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="decisions")
    stage = models.PositiveSmallIntegerField()
    answer = models.CharField(max_length=12, choices=Answer.choices)
    reason = models.CharField(max_length=500, blank=True)
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


def _reading(access: Access) -> Q:
    """On a resource where reviews may be seen; nowhere without that."""
    reading = Q(pk__in=[])
    for provider, path in access.scopes(Permission.REVIEWS_READ):
        reading |= Q(resource__provider=provider, resource__path__startswith=path)
    return reading


def rounds_of(review: Review) -> QuerySet[Round]:
    """Its rounds, the latest first."""
    return review.rounds.order_by("-number")
