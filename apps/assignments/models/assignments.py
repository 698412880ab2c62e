"""Who holds what, when: one table for eligible and active assignments, activations and membership."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from apps.accounts.models import Principal, User
from apps.common.access import Access, Permission
from apps.common.lookup import every_word
from apps.common.period import Period
from apps.roles.models import Resource, RoleDefinition, where_permitted, where_within

ENDED_BY_LIMIT = 120


def _is_on_doubtful_ground(now: datetime) -> Q:
    return Q(origin=Assignment.Origin.ACTIVATED) & (
        Q(activated_by__is_enabled=False)
        | Q(parent__ended_at__isnull=False)
        | Q(parent__starts_at__gt=now)
        | Q(parent__ends_at__lte=now)
        | ~Q(parent__principal=F("principal"))
        | ~Q(parent__resource=F("resource"))
    )


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def not_ended(self, now: datetime) -> AssignmentQuerySet:
        """Neither ended by somebody nor past their end, whether or not a sweep has written that down."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), ended_at__isnull=True)

    def current(self, now: datetime) -> AssignmentQuerySet:
        """Within their period now. Whether they are *in force* depends on their ground too (`policy`)."""
        return self.not_ended(now).filter(starts_at__lte=now)

    def eligible(self) -> AssignmentQuerySet:
        return self.filter(kind=Assignment.Kind.ELIGIBLE)

    def active(self) -> AssignmentQuerySet:
        return self.filter(kind=Assignment.Kind.ACTIVE)

    def activated(self) -> AssignmentQuerySet:
        return self.filter(origin=Assignment.Origin.ACTIVATED)

    def begun(self, *, since: datetime, now: datetime) -> AssignmentQuerySet:
        """Activations that began in this time; those taken back before they began did not."""
        taken_back = Q(ended_at__isnull=False, ended_at__lte=F("starts_at"))
        return self.activated().filter(starts_at__gte=since, starts_at__lte=now).exclude(taken_back)

    def on_doubtful_ground(self, now: datetime) -> AssignmentQuerySet:
        """Activations that may have lost what they rest on. The others surely have not: their holder is
        enabled, and the eligible assignment runs, is their own, and is held at the same place."""
        return self.filter(_is_on_doubtful_ground(now))

    def past_their_end(self, now: datetime) -> AssignmentQuerySet:
        """What the clock has ended and nobody has written down yet."""
        return self.filter(ended_at__isnull=True, ends_at__lte=now)

    def to_settle(self, now: datetime) -> AssignmentQuerySet:
        """What has ended, or may have, without being written down: past its end, or on doubtful ground."""
        return self.filter(Q(ends_at__lte=now) | _is_on_doubtful_ground(now), ended_at__isnull=True)

    def ended_since(self, instant: datetime, *, now: datetime) -> AssignmentQuerySet:
        """Those that ended, by the clock or by somebody, between `instant` and `now`."""
        by_clock = Q(ended_at__isnull=True, ends_at__gt=instant, ends_at__lte=now)
        return self.filter(by_clock | Q(ended_at__gt=instant, ended_at__lte=now))

    def visible_to(self, access: Access) -> AssignmentQuerySet:
        """Those on resources where one may see who holds what."""
        return self.filter(where_permitted(access, Permission.ASSIGNMENTS_READ))

    def within(self, provider: str = "", path: str = "") -> AssignmentQuerySet:
        """Those of one provider, or on the resource with this path and below it."""
        return self.filter(where_within(provider, path))

    def reaching(self, resource: Resource) -> AssignmentQuerySet:
        """Those held on this resource or above it: whoever may see who holds what there sees these, too."""
        return self.filter(resource_id__in=resource.ancestor_ids)

    def containing(self, words: Iterable[str]) -> AssignmentQuerySet:
        """Those with every word in the name or address of the holder, of the role or of the resource."""
        return self.filter(
            every_word(words, "principal__name", "principal__user__email", "role__name", "resource__name")
        )

    def with_ground(self) -> AssignmentQuerySet:
        """With all that says whether they are in force, and for whom."""
        return self.select_related("principal", "resource", "parent__principal", "parent__resource")

    def in_bulk_with_names(self) -> AssignmentQuerySet:
        """`with_names` of many with few roles and resources between them: each of those is loaded once."""
        return self.select_related("principal", "parent").prefetch_related(
            "role", "resource", "parent__resource"
        )

    def with_holder(self) -> AssignmentQuerySet:
        """With all that says whether activations are in force for who activated them."""
        return self.select_related("resource", "parent__resource", "activated_by")

    def with_names(self) -> AssignmentQuerySet:
        return self.with_ground().select_related("role", "resource__group")


class Assignment(models.Model):
    """One principal, one role, one resource, for a period. Membership of a group is one, too."""

    class Kind(models.TextChoices):
        ELIGIBLE = "eligible", "Eligible"
        ACTIVE = "active", "Active"

    class Origin(models.TextChoices):
        ASSIGNED = "assigned", "Assigned"
        ACTIVATED = "activated", "Activated"

    class End(models.TextChoices):
        """How an assignment ended, where its period was not simply still running."""

        EXPIRED = "expired", "Ended by the clock"
        DEACTIVATED = "deactivated", "Deactivated"
        REMOVED = "removed", "Removed"
        GROUND_LOST = "ground_lost", "No longer eligible"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    principal = models.ForeignKey(Principal, on_delete=models.PROTECT, related_name="assignments")
    role = models.ForeignKey(RoleDefinition, on_delete=models.PROTECT, related_name="assignments")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="assignments")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.ASSIGNED)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="activations"
    )
    # Equal to `principal` on activated rows: what is activated is held by a person, and this key proves it.
    activated_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="activations"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_how = models.CharField(max_length=16, choices=End.choices, blank=True)
    ended_by = models.CharField(
        max_length=ENDED_BY_LIMIT, blank=True
    )  # a name as text: it outlives the account
    created_at = models.DateTimeField()

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["principal", "kind", "ended_at"], name="assignment_holder"),
            models.Index(fields=["resource", "role", "kind"], name="assignment_where"),
            models.Index(fields=["ends_at", "id"], condition=Q(ended_at__isnull=True), name="assignment_due"),
            # What runs at a place is counted above every page of its list, from these columns alone.
            models.Index(
                fields=["resource", "kind", "ends_at", "id"],
                condition=Q(ended_at__isnull=True),
                name="assignment_running",
            ),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="assignment_ended"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="assignment_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["principal", "role", "resource", "kind"],
                condition=Q(origin="assigned", ended_at__isnull=True),
                name="assignment_one_assigned",
            ),
            models.UniqueConstraint(
                fields=["principal", "role", "resource", "starts_at"],
                condition=Q(origin="activated", ended_at__isnull=True),
                name="assignment_one_activated_per_start",
            ),
            models.CheckConstraint(
                # "Not null" is said apart: SQL lets a check pass whose answer is unknown.
                condition=Q(
                    origin="activated",
                    kind="active",
                    parent__isnull=False,
                    activated_by__isnull=False,
                    activated_by_id=F("principal_id"),
                )
                | Q(origin="assigned", parent__isnull=True, activated_by__isnull=True),
                name="assignment_activated_by_its_holder",
            ),
            models.CheckConstraint(
                condition=Q(origin="assigned") | Q(ends_at__isnull=False),
                name="assignment_activated_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_how="")
                | (Q(ended_at__isnull=False) & ~Q(ended_how="")),
                name="assignment_ended_says_how",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.principal_id}: {self.role_id} on {self.resource_id}"

    def get_absolute_url(self) -> str:
        """Where its holder sees it."""
        return reverse("access_requests:my_roles")

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)

    @property
    def is_permanent(self) -> bool:
        return self.ends_at is None

    @property
    def is_activated(self) -> bool:
        return self.origin == self.Origin.ACTIVATED

    @property
    def held_as(self) -> str:
        """As its badge says it: eligible, assigned or activated."""
        return self.kind if self.kind == self.Kind.ELIGIBLE else self.origin

    @property
    def governed_on(self) -> Resource:
        """Where the settings that hold for it are those in force: of an activation, where one is eligible."""
        return (self.parent or self).resource

    @property
    def rests_on_a_group(self) -> bool:
        """Whether it was activated from what a group is eligible for."""
        return self.parent is not None and self.parent.principal_id != self.principal_id

    def is_current(self, now: datetime) -> bool:
        """Within its period and not ended, now or at any instant before; its ground is another question
        (`policy.in_force`)."""
        return (self.ended_at is None or now < self.ended_at) and self.period.contains(now)
