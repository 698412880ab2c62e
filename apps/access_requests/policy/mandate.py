"""What an access review may do at the door: take what is assigned, where it was granted that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.access_requests.states import Action
from apps.common.decision import ALLOWED, Decision, denied

Scope = tuple[UUID, UUID, bool]  # role, resource, and whether that includes what lies below it


@dataclass(frozen=True)
class Mandate:
    """The authority of one review: what its owner could manage when they made it. It is a value, and neither
    widened nor lost by what becomes of that person."""

    review_id: UUID
    name: str
    scopes: frozenset[Scope]

    def covers(self, role_id: UUID, path: Sequence[UUID]) -> bool:
        """Whether it reaches a role on a resource. `path`: the ids from the root down to that resource."""
        return any(
            role == role_id and resource in (path if includes_below else path[-1:])
            for role, resource, includes_below in self.scopes
        )


def may_ask_as_review(action: Action) -> Decision:
    if action == Action.ADMIN_REMOVE:
        return ALLOWED
    return denied("AdminRequestRule", "An access review only takes access away.")


def may_take(mandate: Mandate, *, role_id: UUID, path: Sequence[UUID], is_activated: bool) -> Decision:
    """May this review take a row of this role, which lies where `path` ends? What somebody activated ends
    with what it came from, or by the clock."""
    if not mandate.covers(role_id, path):
        return denied("AdminRequestRule", "This access review does not cover this assignment.")
    if is_activated:
        return denied("AdminRequestRule", "An access review takes what is assigned, not what is activated.")
    return ALLOWED
