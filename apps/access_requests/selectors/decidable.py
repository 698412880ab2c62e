"""The activations that somebody can decide on, found by the database: of thousands that wait, only those are
loaded about which it cannot say everything. What is true of one is said by `Standing.fills_a_seat` and
`states_now`; a test holds both directions together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from apps.access_requests.models import AccessRequest, AccessRequestQuerySet
from apps.access_requests.selectors.approvers import DEFAULT_APPROVER_ROLES, OWNER_ROLES, Standing
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.selectors.terms import STRICTER_FOR, terms_of_many
from apps.access_requests.states import WAITING
from apps.common.counting import Counts
from apps.common.prepared import Statement

_ACTIVATIONS = """
SELECT request.id
FROM access_requests_accessrequest request
JOIN assignments_assignment ground ON ground.id = request.eligible_id
{about}
WHERE request.state IN ('pending_approval', 'pending_admin_decision') AND request.family = 'activation'
    AND request.deadline_at > %s AND request.principal_id <> %s AND request.requester_id <> %s
    AND {condition} {seated}"""
_ABOUT = """JOIN accounts_user requester ON requester.principal_id = request.requester_id
JOIN roles_resource place ON place.id = ground.resource_id"""
# Its ground is a group's, so that chains of memberships say whether it stands; or its requester changed the
# settings of the role so lately that the stricter ones hold for them (`terms_of`).
_DOUBTFUL = """(ground.principal_id <> request.principal_id OR EXISTS (
    SELECT 1 FROM roles_settingschange change
    WHERE change.role_id = request.role_id AND change.at > %s AND change.at <= %s
      AND REPLACE(change.by_id, '-', '') = REPLACE(CAST(request.requester_id AS text), '-', '')))"""
# What it rests on is in force, where that is the requester's own.
_STANDS = """requester.is_enabled AND ground.starts_at <= %s
    AND (ground.ended_at IS NULL OR ground.ended_at > %s)
    AND (ground.ends_at IS NULL OR ground.ends_at > %s)
    AND (request.resource_id = ground.resource_id OR EXISTS (
        SELECT 1 FROM roles_resource asked
        WHERE asked.id = request.resource_id AND SUBSTR(asked.path, 1, LENGTH(place.path)) = place.path))"""
# What the settings in force for the role, those nearest to where it is held, say of somebody: 1, they are an
# approver; 0, others are; 2, nobody is named.
_SEAT = """COALESCE((
    SELECT CASE
        WHEN EXISTS (
            SELECT 1 FROM roles_approver seat WHERE seat.settings_id = rules.id AND (
                seat.principal_id IN ({mine})
                OR (seat.kind = 'manager' AND requester.manager_id = %s)
                OR (seat.kind = 'resource_owners' AND ({owned})))) THEN 1
        WHEN EXISTS (SELECT 1 FROM roles_approver seat WHERE seat.settings_id = rules.id) THEN 0
        ELSE 2
    END
    FROM roles_rolesettings rules
    LEFT JOIN roles_resource there ON there.id = rules.resource_id
    WHERE rules.role_id = request.role_id
      AND (there.id IS NULL OR SUBSTR(place.path, 1, LENGTH(there.path)) = there.path)
    ORDER BY COALESCE(LENGTH(there.path), 0) DESC LIMIT 1
), 2)"""
_BY_NAME = "= 1"
_BY_DEFAULT = "IN (1, CASE WHEN place.provider = 'directory' THEN 2 ELSE 1 END)"


class Decidable:
    """What waits for one person to decide on it, at one instant."""

    def __init__(self, standing: Standing, counts: Counts, now: datetime) -> None:
        """How many there are is among the `counts` of the page."""
        self.standing, self.now = standing, now
        self._sure = self._where(f"NOT {_DOUBTFUL} AND {_STANDS}", *self._seated, about=_ABOUT)
        self._doubtful = self._where(_DOUBTFUL)
        self._count_sure, self._count_doubtful = counts.of(self._sure), counts.of(self._doubtful)

    @cached_property
    def count(self) -> int:
        """How many there are. Where the database has a doubt, at most six statements more."""
        return self._count_sure() + (len(self._settled) if self._count_doubtful() else 0)

    @cached_property
    def rows(self) -> AccessRequestQuerySet:
        sure = Q(pk__in=RawSQL(*self._sure))  # noqa: S611 - parameters only
        if not self._count_doubtful():
            return AccessRequest.objects.filter(sure)
        return AccessRequest.objects.filter(sure | Q(pk__in=[row.pk for row in self._settled]))

    def oldest(self, limit: int) -> AccessRequestQuerySet:
        """The first of `rows`, so many at least: where the database has no doubt, it looks at no more."""
        if self._count_doubtful():
            return self.rows
        sql, values = self._sure
        found = RawSQL(f"{sql} ORDER BY request.created_at, request.id LIMIT {limit:d}", values)  # noqa: S611 - parameters only
        return AccessRequest.objects.filter(pk__in=found)

    def _where(
        self, condition: str, seated: str = "", whose: Sequence[object] = (), *, about: str = ""
    ) -> Statement:
        """Of the activations of others that wait for anybody."""
        me = _key(self.standing.user.id)
        now = connection.ops.adapt_datetimefield_value(self.now)
        lately = connection.ops.adapt_datetimefield_value(self.now - STRICTER_FOR)
        values = [now, me, me, lately, now] + [now] * (condition.count("%s") - 2)
        sql = _ACTIVATIONS.format(about=about, condition=condition, seated=seated)
        return Statement(sql, [*values, *whose])

    @property
    def _seated(self) -> tuple[str, list[Any]]:
        """That this person sits on the list of approvers that is in force, or is one by default."""
        user, owned = self.standing.user, sorted(self.standing.paths_of(OWNER_ROLES))
        if not user.is_enabled:
            return "AND 1 = 0", []
        mine = [_key(id_) for id_ in (user.id, *self.standing.holdings.groups)]
        seat = _SEAT.format(
            mine=", ".join(["%s"] * len(mine)),
            owned=" OR ".join(["SUBSTR(place.path, 1, LENGTH(%s)) = %s"] * len(owned)) or "1 = 0",
        )
        is_one = _BY_DEFAULT if self.standing.holds(DEFAULT_APPROVER_ROLES) else _BY_NAME
        return f"AND {seat} {is_one}", [*mine, mine[0], *(path for path in owned for _ in range(2))]

    @cached_property
    def _settled(self) -> list[AccessRequest]:
        """Of the doubtful ones those that they can decide on after all."""
        doubtful = RawSQL(*self._doubtful)  # noqa: S611 - parameters only
        rows = list(AccessRequest.objects.filter(pk__in=doubtful).with_names())
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


def _key(id_: UUID) -> object:
    return AccessRequest._meta.pk.get_db_prep_value(id_, connection)
