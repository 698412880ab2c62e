"""The activations that somebody can decide on, found by the database: of thousands that wait, only those are
loaded about which it cannot say everything. What is true of one is said by `Standing.fills_a_seat` and
`states_now`; a test holds both directions together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import (
    Case,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    TextField,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Length, Replace

from apps.access_requests.models import AccessRequest, AccessRequestQuerySet
from apps.access_requests.selectors.approvers import DEFAULT_APPROVER_ROLES, OWNER_ROLES, Standing
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.selectors.terms import STRICTER_FOR, terms_of_many
from apps.access_requests.states import WAITING, Family
from apps.common.access import Provider
from apps.common.counting import Counts
from apps.roles.models import Approver, RoleSettings, SettingsChange
from apps.roles.policy.rules import SeatKind

# What the list of approvers in force says of somebody.
_NOT_THERE, _SITS, _NOBODY_NAMED = range(3)


@dataclass(frozen=True)
class Decidable:
    """What waits for one person to decide on it, at one instant."""

    standing: Standing
    now: datetime

    @property
    def looked_at(self) -> AccessRequestQuerySet:
        """Every activation that waits for anybody, but their own."""
        me = self.standing.user.id
        others = AccessRequest.objects.waiting().filter(family=Family.ACTIVATION, deadline_at__gt=self.now)
        return others.exclude(Q(principal_id=me) | Q(requester_id=me))

    @cached_property
    def count(self) -> int:
        """How many there are. One statement; where the database has a doubt, at most six more."""
        return self._counted[0] + (len(self._settled) if self._counted[1] else 0)

    @cached_property
    def rows(self) -> AccessRequestQuerySet:
        if not self._counted[1]:
            return self._sure
        settled = [row.pk for row in self._settled]
        return AccessRequest.objects.filter(Q(pk__in=self._sure.values("pk")) | Q(pk__in=settled))

    @cached_property
    def _counted(self) -> tuple[int, int]:
        counts = Counts()
        sure, doubtful = counts.of(self._sure), counts.of(self._doubtful)
        return sure(), doubtful()

    @property
    def _sure(self) -> AccessRequestQuerySet:
        """Those they surely can decide on."""
        seated = self.looked_at.filter(_stands(self.now)).exclude(_is_doubtful(self.now))
        return seated.alias(seat=_seat_of(self.standing)).filter(_lets_decide(self.standing))

    @property
    def _doubtful(self) -> AccessRequestQuerySet:
        return self.looked_at.filter(_is_doubtful(self.now))

    @cached_property
    def _settled(self) -> list[AccessRequest]:
        """Of the doubtful ones those that they can decide on after all."""
        rows = list(self._doubtful.with_names())
        rules = terms_of_many(
            [(row.principal_id, row.role, row.ground.resource) for row in rows], now=self.now
        )
        states = states_now(rows, now=self.now)
        return [
            row
            for row in rows
            if states[row.id] in WAITING
            and self.standing.fills_a_seat(rules[row.principal_id, row.role_id, row.ground.resource_id], row)
        ]


def _is_doubtful(now: datetime) -> Q:
    """Whose ground is a group's, so that chains of memberships say whether it stands; and whose requester
    changed the settings of the role so lately that the stricter ones hold for them (`terms_of`)."""
    changes = SettingsChange.objects.filter(role=OuterRef("role"), at__gt=now - STRICTER_FOR, at__lte=now)
    by_them = changes.alias(
        by=Replace("by_id", Value("-"), Value("")),
        them=Replace(Cast(OuterRef("requester_id"), TextField()), Value("-"), Value("")),
    ).filter(by=F("them"))
    return ~Q(eligible__principal=F("principal")) | Q(Exists(by_them))


def _stands(now: datetime) -> Q:
    """That what it rests on is in force, where that is the requester's own."""
    is_there = Q(eligible__resource=F("resource")) | Q(
        resource__path__startswith=F("eligible__resource__path")
    )
    runs = Q(eligible__ended_at__isnull=True) | Q(eligible__ended_at__gt=now)
    lasts = Q(eligible__ends_at__isnull=True) | Q(eligible__ends_at__gt=now)
    return Q(requester__is_enabled=True, eligible__starts_at__lte=now) & runs & lasts & is_there


def _lets_decide(standing: Standing) -> Q:
    if not standing.user.is_enabled:
        return Q(pk__in=[])
    if not standing.holds(DEFAULT_APPROVER_ROLES):
        return Q(seat=_SITS)
    in_directory = Q(resource__provider=Provider.DIRECTORY)
    return Q(in_directory, seat__gte=_SITS) | Q(~in_directory, seat=_SITS)


def _seat_of(standing: Standing) -> Coalesce:
    """What the settings in force for the role, those nearest to where it is held, say of this person."""
    seats = Approver.objects.filter(settings=OuterRef("pk"))
    ids = {standing.user.id, *standing.holdings.groups}
    manages = Q(Exists(seats.filter(kind=SeatKind.MANAGER)), managed_by=standing.user.id)
    sits = Q(Exists(seats.filter(principal__in=ids))) | manages
    if owned := _owned(standing):
        sits |= Q(Exists(seats.filter(kind=SeatKind.RESOURCE_OWNERS))) & owned
    said = Case(When(sits, then=_SITS), When(Exists(seats), then=_NOT_THERE), default=_NOBODY_NAMED)
    where = ExpressionWrapper(OuterRef("eligible__resource__path"), output_field=TextField())
    managed_by = ExpressionWrapper(OuterRef("requester__manager_id"), output_field=UUIDField())
    in_force = (
        RoleSettings.objects.filter(role=OuterRef("role"))
        .alias(where=where, managed_by=managed_by)
        .filter(Q(resource__isnull=True) | Q(where__startswith=F("resource__path")))
        .order_by(Length("resource__path").desc(nulls_last=True))
    )
    return Coalesce(Subquery(in_force.annotate(said=said).values("said")[:1]), _NOBODY_NAMED)


def _owned(standing: Standing) -> Q:
    """That it is held where this person holds the role of an owner, or below."""
    owned = Q()
    for path in standing.paths_of(OWNER_ROLES):
        owned |= Q(where__startswith=path)
    return owned
