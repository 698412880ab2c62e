"""The activations of the last 90 days under other rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps.access_requests.models import AccessRequest
from apps.access_requests.states import Action
from apps.administration.policy.replay import REPLAYED, PastActivation, Replay, replay
from apps.common.lookup import present
from apps.roles.models import Resource, RoleDefinition, RoleSettings
from apps.roles.policy.paths import nearest
from apps.roles.policy.rules import RoleRules


@dataclass(frozen=True)
class Trial:
    """Rules to try for a role, on one resource or (without) wherever nothing nearer is set."""

    role: RoleDefinition
    resource: Resource | None
    rules: RoleRules

    @property
    def key(self) -> tuple[UUID, str | None]:
        return self.role.id, self.resource.path if self.resource else None


def replays_of(trials: Sequence[Trial], *, now: datetime) -> list[Replay]:
    """What each would have done, in their order. Two queries, however many.

    An activation counts where its eligible assignment lies: those that nearer settings govern do not.
    """
    past = _past_by_place({trial.key for trial in trials}, now)
    max_age = settings.SECOND_FACTOR_MAX_AGE
    return [replay(past[trial.key], trial.rules, second_factor_max_age=max_age) for trial in trials]


_Key = tuple[UUID, str | None]


def _past_by_place(places: set[_Key], now: datetime) -> dict[_Key, list[PastActivation]]:
    """The activations that settings in each of these places would govern."""
    roles = {role_id for role_id, _ in places}
    set_on = _places_of_settings(roles, places)
    past = defaultdict(list)
    rows = AccessRequest.objects.filter(
        action=Action.SELF_ACTIVATE, role__in=roles, created_at__gte=now - REPLAYED, created_at__lt=now
    ).values_list(
        "role_id",
        "eligible__resource__path",
        "created_at",
        "duration_minutes",
        "justification",
        "ticket_number",
        "second_factor_at",
        "snapshot__rules__requires_approval",
    )
    for role_id, path, at, minutes, reason, ticket, proven_at, needed_approval in rows.iterator():
        governing = nearest(path, set_on[role_id])
        if governing in places:
            past[governing].append(
                PastActivation(at, present(minutes), reason, ticket, proven_at, bool(needed_approval))
            )
    return past


def _places_of_settings(
    roles: set[UUID], places: Iterable[_Key]
) -> dict[UUID, list[tuple[str | None, _Key]]]:
    """Where each role has settings of its own, with `places` as if it had some there."""
    own = RoleSettings.objects.filter(role__in=roles).values_list("role_id", "resource__path")
    by_role = defaultdict(list)
    for key in {*own, *places}:
        by_role[key[0]].append((key[1], key))
    return by_role
