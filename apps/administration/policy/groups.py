"""Who may create groups, change them, and put them under management."""

from __future__ import annotations

from dataclasses import dataclass

from apps.access_requests.policy.power import Power, can_change_group, can_create_role_assignable
from apps.administration.policy.keeping import Keeper, still_used
from apps.common.access import Permission, Provider
from apps.common.decision import ALLOWED, Decision, denied, together
from apps.common.text import is_address


@dataclass(frozen=True)
class Bound:
    """What a group has that only a managed group can have."""

    eligible: int = 0
    ending: int = 0
    waiting: int = 0

    @property
    def in_words(self) -> str:
        counts = (
            (self.eligible, "eligible"),
            (self.ending, "with an end"),
            (self.waiting, "waiting for an answer"),
        )
        return ", ".join(f"{count} {what}" for count, what in counts if count)


@dataclass(frozen=True)
class InTheWay:
    """What keeps a group in use: who is in it, but for its owners; what it holds, where it approves and in
    how many access reviews it reviews, what waits."""

    inside: int = 0
    held: int = 0
    seats: int = 0
    reviews: int = 0
    waiting: int = 0


def can_create(keeper: Keeper) -> Decision:
    """May groups without power be created? One that is to hold directory roles asks for more."""
    if keeper.may(Permission.PEOPLE_MANAGE, Provider.GROUPS, ""):
        return ALLOWED
    return denied("AdminRequestRule", "Your active roles do not create groups. User Administrator does.")


def can_create_such(keeper: Keeper, *, is_role_assignable: bool) -> Decision:
    decisions = [can_create(keeper)]
    if is_role_assignable and not keeper.is_console:
        decisions.append(can_create_role_assignable(keeper.access))
    return together(*decisions)


def can_be_called(name: str, *, is_taken: bool) -> Decision:
    """Approvers read the name of a group, and files name it by that: no two have the same, and none has what
    names a person."""
    if is_address(name):
        return denied("NameRule", "An address names a person. Give the group a name.", "name")
    return denied("NameRule", "Another group has this name.", "name") if is_taken else ALLOWED


def can_change(keeper: Keeper, power: Power, *, path: str) -> Decision:
    """May its name, its members and whether it is managed be changed?"""
    return ALLOWED if keeper.is_console else can_change_group(keeper.access, power, path=path)


def can_release(bound: Bound) -> Decision:
    """May it be taken out of management? Not while it has what an unmanaged group cannot have."""
    if not bound.in_words:
        return ALLOWED
    return denied("ManagementRule", f"End these first: {bound.in_words}.")


def can_retire(found: InTheWay) -> Decision:
    """May it be taken out of use? Its owners go with it: the last one cannot be removed before."""
    return Decision(
        tuple(
            still_used(
                (found.inside, "1 membership has not ended.", "{:,} memberships have not ended.", "End"),
                (found.held, "It holds 1 role.", "It holds {:,} roles.", "Remove"),
                (found.seats, "It approves for 1 role.", "It approves for {:,} roles.", "Replace"),
                (
                    found.reviews,
                    "It reviews in 1 access review.",
                    "It reviews in {:,} access reviews.",
                    "Replace",
                ),
                (found.waiting, "1 request is open.", "{:,} requests are open.", "Answer"),
            )
        )
    )
