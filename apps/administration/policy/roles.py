"""May this role be made, changed, deleted or retired?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apps.administration.policy.keeping import Keeper, still_used, together
from apps.common.access import Permission, Provider, everywhere
from apps.common.decision import Decision, Refusal

Granted = frozenset[tuple[Provider, Permission]]

# Where custom roles make sense: a group has its members and owners, and nobody else.
CUSTOM_IN = (Provider.DIRECTORY, Provider.RESOURCES)
# A role on the directory reaches every provider (`assignments.policy.access_from`), the others their own.
REACHES = {Provider.DIRECTORY: tuple(Provider), Provider.RESOURCES: (Provider.RESOURCES,)}


@dataclass(frozen=True)
class RoleFacts:
    """A role as far as deciding goes."""

    provider: Provider
    is_built_in: bool = False
    was_used: bool = False  # somebody holds or asked for it, or did
    is_retired: bool = False
    granted: Granted = frozenset()
    held: int = 0  # now or later
    waiting: int = 0  # requests


def can_define(keeper: Keeper, provider: Provider) -> Decision:
    """May they make roles here at all?"""
    return together([_custom_here(provider), _keeping(keeper, provider)])


def can_create_role(keeper: Keeper, provider: Provider, wanted: Granted) -> Decision:
    return _decided([can_define(keeper, provider)], _permission_refusals(keeper, provider, wanted))


def can_open_change(keeper: Keeper, role: RoleFacts) -> Decision:
    """May they change anything about it? Which permissions they may put into it, `can_change_role` asks."""
    return together([_not_built_in(role), _in_use(role), _keeping(keeper, role.provider)])


def can_change_role(
    keeper: Keeper, role: RoleFacts, wanted: Granted, *, changer_holds: bool = False
) -> Decision:
    """Nobody puts a permission into a role that they do not hold there; what is in it already may stay.
    `changer_holds`: they have the role, or may come to. What they put in would then be theirs for as long as
    the role is: that would be granting oneself."""
    added = wanted - role.granted
    opening = [can_open_change(keeper, role), together([_own_role(added) if changer_holds else None])]
    return _decided(opening, _permission_refusals(keeper, role.provider, added))


def can_delete_role(keeper: Keeper, role: RoleFacts) -> Decision:
    return Decision((*can_open_change(keeper, role).refusals, *together([_never_used(role)]).refusals))


def can_retire_role(keeper: Keeper, role: RoleFacts) -> Decision:
    """Only what nobody holds or waits for."""
    reasons = still_used(
        (role.held, "1 assignment has not ended.", "{:,} assignments have not ended.", "End"),
        (role.waiting, "1 request is open.", "{:,} requests are open.", "Answer"),
    )
    return Decision((*can_open_change(keeper, role).refusals, *reasons))


def may_grant(keeper: Keeper, provider: Provider, permission: Permission) -> bool:
    """Whether they hold this themself, everywhere in that provider."""
    return keeper.may(permission, provider, everywhere(provider))


def _permission_refusals(keeper: Keeper, provider: Provider, wanted: Granted) -> Iterable[Refusal]:
    for reached, permission in sorted(wanted):
        if reached not in REACHES.get(provider, ()):
            reason = f"A role of {provider.label} gives nothing in {reached.label}."
            yield Refusal("PermissionRule", reason, "permissions")
        elif not may_grant(keeper, reached, permission):
            reason = f"You do not hold “{permission.label}” for all of {reached.label}."
            yield Refusal("PermissionRule", reason, "permissions")


def _custom_here(provider: Provider) -> Refusal | None:
    if provider in CUSTOM_IN:
        return None
    return Refusal("RoleRule", "A group has members and owners, and no other roles.")


def _keeping(keeper: Keeper, provider: Provider) -> Refusal | None:
    if keeper.keeps(provider, everywhere(provider)):
        return None
    return Refusal("KeeperRule", f"Roles are for those who manage all of {provider.label}.")


def _not_built_in(role: RoleFacts) -> Refusal | None:
    return Refusal("RoleRule", "Built-in roles cannot be changed.") if role.is_built_in else None


def _in_use(role: RoleFacts) -> Refusal | None:
    return Refusal("RoleRule", "This role has been retired.") if role.is_retired else None


def _own_role(added: Granted) -> Refusal | None:
    if not added:
        return None
    return Refusal("SelfRule", "You hold this role, or may come to. Another admin adds to it.", "permissions")


def _never_used(role: RoleFacts) -> Refusal | None:
    if role.was_used:
        return Refusal("RoleRule", "It has been used, and stays for the history. Retire it.")
    return None


def _decided(decisions: Iterable[Decision], refusals: Iterable[Refusal]) -> Decision:
    return Decision((*(each for decision in decisions for each in decision.refusals), *refusals))
