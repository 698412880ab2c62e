"""What was asked, by whom, for whom, and how it ended. The access itself is an assignment."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from apps.access_requests.states import CLOSED, OPEN, PROLONGING, WAITING, Action, Family, State
from apps.accounts.models import Principal, User
from apps.assignments.models import Assignment
from apps.audit.vocabulary import CONSOLE, REVIEW, Party
from apps.common.access import Access, Permission
from apps.common.lookup import every_word, present
from apps.common.prepared import prepared
from apps.roles.models import Resource, RoleDefinition, where_permitted


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def waiting(self) -> AccessRequestQuerySet:
        return self.filter(state__in=WAITING)

    def open(self) -> AccessRequestQuerySet:
        """What waits, or is granted for later. That it has no end as well tells SQLite how few these are, so
        that it looks for them by their state and not at every request."""
        return self.filter(closed_at__isnull=True, state__in=OPEN)

    def past_their_deadline(self, now: datetime) -> AccessRequestQuerySet:
        return self.waiting().filter(deadline_at__lte=now)

    def to_settle(self, now: datetime) -> AccessRequestQuerySet:
        """Those that may read otherwise than they are stored: an instant has passed, or what they rest on may
        be gone. That of the others surely is not: whoever asked is enabled, and the eligible assignment runs,
        is their own, and is held at the same place."""
        passed = Q(state__in=WAITING, deadline_at__lte=now) | Q(state=State.GRANTED) & (
            Q(result__isnull=True) | Q(result__starts_at__lte=now) | Q(result__ended_at__isnull=False)
        )
        doubtful = Q(requester__is_enabled=False) | Q(eligible__isnull=False) & (
            Q(eligible__ended_at__isnull=False)
            | Q(eligible__starts_at__gt=now)
            | Q(eligible__ends_at__lte=now)
            | ~Q(eligible__principal=F("principal"))
            | ~Q(eligible__resource=F("resource"))
        )
        return self.open().filter(passed | doubtful)

    def for_key(
        self, principal_id: uuid.UUID, role_id: uuid.UUID, resource_id: uuid.UUID
    ) -> AccessRequestQuerySet:
        return self.filter(principal_id=principal_id, role_id=role_id, resource_id=resource_id)

    def visible_to(self, user: User, access: Access) -> AccessRequestQuerySet:
        """One's own, those one decided, and those where one may read requests. Whoever may decide on a
        waiting one sees it on the page to decide: that is a matter of rules, `Standing.fills_a_seat`."""
        decided = Exists(Approval.objects.filter(request=OuterRef("pk"), approver=user))
        mine = Q(principal_id=user.id) | Q(requester=user) | Q(decided)
        return self.filter(mine | where_permitted(access, Permission.REQUESTS_READ))

    def decided(self) -> AccessRequestQuerySet:
        """Those that somebody approved or denied."""
        return self.filter(Exists(Approval.objects.filter(request=OuterRef("pk"))))

    def containing(self, words: Iterable[str]) -> AccessRequestQuerySet:
        """Those with every word in the name of who asked, for whom, of the role or of the resource."""
        return self.filter(
            every_word(words, "requester_name", "principal__name", "role__name", "resource__name")
        )

    def locked(self, pk: UUID) -> AccessRequest:
        """This one, as it stays until the transaction ends. SQLite locks nothing: the conditional update of
        whoever moves it is what counts."""
        return self.select_for_update(of=("self",), no_key=True).with_names().get(pk=pk)

    def locked_activation(self, pk: UUID, *, requester: User) -> AccessRequest:
        """`locked`, with the names that one to activate has: whoever asks is whom it is for."""
        [request] = _locked_activation(pk)
        request.requester, request.principal = requester, requester.principal
        request.ground.role = request.role
        return request

    def with_names(self) -> AccessRequestQuerySet:
        return self.select_related(
            "principal",
            "requester",
            "role",
            "resource",
            "eligible__principal",
            "eligible__role",
            "eligible__resource",
            "result",
            "extends__role",
            "extends__resource",
        )


@prepared
def _locked_activation(pk: UUID) -> AccessRequestQuerySet:
    row = AccessRequest.objects.select_for_update(of=("self",), no_key=True).filter(pk=pk)
    return row.select_related("role", "resource", "eligible__resource")


class AccessRequest(models.Model):
    """One of the nine actions, asked once. Apart from how it ended, a row never changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    action = models.CharField(max_length=16, choices=Action.choices)
    family = models.CharField(max_length=12, choices=Family.choices)
    state = models.CharField(max_length=24, choices=State.choices)

    principal = models.ForeignKey(Principal, on_delete=models.PROTECT, related_name="requests")
    role = models.ForeignKey(RoleDefinition, on_delete=models.PROTECT, related_name="requests")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="requests")
    requester = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="requests_made"
    )
    requester_name = models.CharField(max_length=120)  # the console and reviews have a name, but no account

    # The eligible assignment to activate; what is to be extended, renewed or changed; what came of it.
    eligible = models.ForeignKey(
        Assignment, null=True, blank=True, on_delete=models.PROTECT, related_name="activation_requests"
    )
    extends = models.ForeignKey(
        Assignment, null=True, blank=True, on_delete=models.PROTECT, related_name="extension_requests"
    )
    result = models.ForeignKey(
        Assignment, null=True, blank=True, on_delete=models.PROTECT, related_name="requests"
    )

    starts_at = models.DateTimeField(null=True, blank=True)  # none: from the decision
    ends_at = models.DateTimeField(null=True, blank=True)  # assignments only; none: permanent
    duration_minutes = models.PositiveIntegerField(null=True, blank=True)  # activations only
    justification = models.CharField(max_length=500, blank=True)
    ticket_number = models.CharField(max_length=60, blank=True)
    ticket_system = models.CharField(max_length=60, blank=True)
    second_factor_at = models.DateTimeField(null=True, blank=True)

    created_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_reason = models.CharField(max_length=1000, blank=True)
    # What the deciding person was shown, kept as evidence. It is never the rule.
    snapshot = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["created_at", "id"], name="request_created"),
            models.Index(fields=["principal", "-created_at"], name="request_of_principal"),
            models.Index(fields=["state", "created_at", "id"], name="request_state"),
            models.Index(
                fields=["deadline_at"], condition=Q(state__in=[*map(str, WAITING)]), name="request_deadline"
            ),
            models.Index(
                fields=["created_at", "id"],
                condition=Q(state__in=[*map(str, WAITING)]),
                name="request_waiting",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["principal", "role", "resource", "family"],
                condition=Q(state__in=[*map(str, WAITING)]),
                name="request_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[*map(str, CLOSED)], closed_at__isnull=False)
                | (~Q(state__in=[*map(str, CLOSED)]) & Q(closed_at__isnull=True)),
                name="request_closed_has_instant",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[*map(str, WAITING)]) | Q(deadline_at__isnull=False),
                name="request_waiting_has_deadline",
            ),
            models.CheckConstraint(
                condition=~Q(action=str(Action.SELF_ACTIVATE))
                | Q(
                    eligible__isnull=False,
                    requester__isnull=False,
                    duration_minutes__isnull=False,  # a check whose answer is unknown would pass
                    duration_minutes__gte=5,
                ),
                name="request_activation_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(action__in=[*map(str, PROLONGING)]) | Q(extends__isnull=False),
                name="request_prolongs_something",
            ),
            models.CheckConstraint(
                condition=~Q(state=str(State.PENDING_APPROVAL)) | Q(family=str(Family.ACTIVATION)),
                name="request_approvers_decide_on_activations",
            ),
            models.CheckConstraint(
                condition=~Q(state=str(State.PENDING_ADMIN_DECISION)) | ~Q(family=str(Family.ACTIVATION)),
                name="request_admins_decide_on_assignments",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("access_requests:request", args=[self.pk])

    def get_decide_url(self) -> str:
        """Where approvers decide. It names the request and is no credential."""
        return reverse("access_requests:decide", args=[self.pk])

    @property
    def number(self) -> str:
        """What people call it."""
        return f"REQ-{self.id.hex[:6].upper()}"

    @property
    def asked_by(self) -> str:
        """Who asked, as people read it. Whoever has no account is the console, or an access review."""
        is_review = self.requester_id is None and self.requester_name != CONSOLE.name
        return Party(REVIEW, "", self.requester_name).called if is_review else self.requester_name

    @property
    def rests_on_a_group(self) -> bool:
        """Whether it asks to activate what a group is eligible for."""
        return self.eligible is not None and self.eligible.principal_id != self.principal_id

    # What an activation always has (`request_activation_is_complete`) and other actions may lack.

    @property
    def person(self) -> User:
        return present(self.requester)

    @property
    def ground(self) -> Assignment:
        """The eligible assignment that is to be activated."""
        return present(self.eligible)

    @property
    def minutes(self) -> int:
        return present(self.duration_minutes)

    @property
    def is_extension(self) -> bool:
        """Whether it asks a running activation to last longer."""
        return self.extends_id is not None and not self.is_about_assignment

    # What admins give and take, and decide on.

    @property
    def is_about_assignment(self) -> bool:
        return self.family != Family.ACTIVATION

    @property
    def kind(self) -> Assignment.Kind:
        """What is asked for: to be eligible, or active."""
        return Assignment.Kind(self.family)


class Approval(models.Model):
    """A person's decision on a request."""

    class Decision(models.TextChoices):
        APPROVED = "approved", "Approved"
        DENIED = "denied", "Denied"

    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="approvals")
    approver = models.ForeignKey(User, on_delete=models.PROTECT, related_name="decisions")
    # Copied from the request, so that the database itself refuses a decision on one's own request.
    requester = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=8, choices=Decision.choices)
    justification = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField()
    # What an admin granted of an assignment, which need not be what was asked; no end: permanent.
    decided_kind = models.CharField(max_length=8, choices=Assignment.Kind.choices, blank=True)
    decided_starts_at = models.DateTimeField(null=True, blank=True)
    decided_ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request"], name="approval_one_per_request"),
            models.CheckConstraint(
                condition=Q(requester__isnull=True) | ~Q(approver=F("requester")),
                name="approval_not_own_request",
            ),
            models.CheckConstraint(
                condition=~Q(decided_kind="")
                | Q(decided_starts_at__isnull=True, decided_ends_at__isnull=True),
                name="approval_period_has_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} by {self.approver_id}"


class ReviewSeatQuerySet(models.QuerySet["ReviewSeat"]):
    def in_use(self) -> ReviewSeatQuerySet:
        """Those who may have something to decide: of what is retired, nobody holds anything."""
        return self.filter(role__retired_at__isnull=True, resource__retired_at__isnull=True)

    def visible_to(self, access: Access) -> ReviewSeatQuerySet:
        """Those on resources where one may see reviews."""
        return self.filter(where_permitted(access, Permission.REVIEWS_READ))

    def with_names(self) -> ReviewSeatQuerySet:
        return self.select_related("principal", "role", "resource").order_by(
            "source_name", "role__name", "resource__name", "pk"
        )


class ReviewSeat(models.Model):
    """Somebody decides in an access review on who keeps a role on a resource or below; without a principal
    everybody who has reports. Reviews write these seats, and rules about power read them."""

    source_id = models.UUIDField()  # the review, which lies above and is not known here
    source_name = models.CharField(max_length=120)
    principal = models.ForeignKey(
        Principal, null=True, blank=True, on_delete=models.CASCADE, related_name="review_seats"
    )
    role = models.ForeignKey(RoleDefinition, on_delete=models.CASCADE, related_name="review_seats")
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="review_seats")

    objects = ReviewSeatQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_id", "principal", "role", "resource"], name="review_seat_once"
            ),
            models.UniqueConstraint(
                fields=["source_id", "role", "resource"],
                condition=Q(principal__isnull=True),
                name="review_seat_of_managers_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_name}: {self.principal or 'managers'}"
