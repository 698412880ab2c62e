"""May this resource be created, renamed, moved or retired?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from apps.administration.policy.keeping import Keeper, still_used, together
from apps.common.access import Provider
from apps.common.decision import Decision, Refusal
from apps.common.text import any_of, is_blank

LONGEST_NAME, LONGEST_KIND = 120, 60  # as they are stored


@dataclass(frozen=True)
class Node:
    """A resource as far as deciding goes: where it lies, and what it is called. Without a path the top of the
    trees, which lies on no resource."""

    path: str = ""
    name: str = ""


TOP = Node()


@dataclass(frozen=True)
class InTheWay:
    """What keeps a resource in use: what is held there, what waits there, what lies below."""

    held: int = 0
    waiting: int = 0
    below: int = 0


def can_create(keeper: Keeper, *, below: Node) -> Decision:
    """May they put something there? At the top: who keeps all resources."""
    return together([_keeping(keeper, below)])


def can_rename(keeper: Keeper, resource: Node) -> Decision:
    return together([_keeping(keeper, resource)])


def can_move_somewhere(keeper: Keeper, resource: Node, *, away_from: Node) -> Decision:
    """May they take it from where it is? Whether the other place takes it, `can_move` asks."""
    return together([_keeping(keeper, resource), _keeping(keeper, away_from)])


def can_move(
    keeper: Keeper,
    resource: Node,
    *,
    away_from: Node,
    to: Node,
    mover_gains: Collection[str],
    unapproved: Collection[str],
) -> Decision:
    """Moving needs the right at both places. `mover_gains` are the roles that the one who moves would come to
    hold by it: that would be granting oneself. `unapproved`: roles below that nobody could approve there for
    somebody who is eligible."""
    if to.path.startswith(resource.path):
        return together([Refusal("TreeRule", "A resource cannot lie below itself.")])
    if to == away_from:
        return together([Refusal("TreeRule", f"{resource.name} lies there already.")])
    return Decision(
        (
            *can_move_somewhere(keeper, resource, away_from=away_from).refusals,
            *together([_keeping(keeper, to), _gaining(mover_gains), _unapproved(unapproved)]).refusals,
        )
    )


def can_retire(keeper: Keeper, resource: Node, in_the_way: InTheWay) -> Decision:
    """Only what nobody holds anything on, and nothing lies below."""
    return together([_keeping(keeper, resource), *_reasons_to_stay(in_the_way)])


def can_be_called(name: str, kind: str, *, taken: Collection[str]) -> Decision:
    """`taken` are the names of what lies beside it, in lower case."""
    refusals = [
        Refusal("NameRule", "Give a name.", "name") if is_blank(name) else None,
        Refusal("NameRule", "Say what kind of resource it is.", "kind") if is_blank(kind) else None,
        Refusal("NameRule", f"{name} is there already.", "name") if name.lower() in taken else None,
        _too_long(name, LONGEST_NAME, "name"),
        _too_long(kind, LONGEST_KIND, "kind"),
    ]
    return together(refusals)


def _too_long(text: str, longest: int, field: str) -> Refusal | None:
    """A form asks for that before, but a letter may become several where it is written in one way."""
    if len(text) <= longest:
        return None
    return Refusal("NameRule", f"At most {longest} characters.", field)


def _keeping(keeper: Keeper, node: Node) -> Refusal | None:
    if keeper.keeps(Provider.RESOURCES, node.path):
        return None
    if not node.path:
        return Refusal("KeeperRule", "The top of the tree is for those who manage all resources.")
    return Refusal("KeeperRule", f"You do not manage assignments and settings on {node.name}.")


def _gaining(roles: Collection[str]) -> Refusal | None:
    if not roles:
        return None
    return Refusal(
        "SelfRule", f"You would hold {any_of(sorted(roles))} there. Ask another admin to move it.", "parent"
    )


def _unapproved(roles: Collection[str]) -> Refusal | None:
    if not roles:
        return None
    return Refusal(
        "ApproverRule",
        f"Nobody could approve {any_of(sorted(roles))} there for somebody who is eligible. Set approvers who "
        "can be reached first.",
        "parent",
    )


def _reasons_to_stay(found: InTheWay) -> list[Refusal]:
    return still_used(
        (found.held, "1 assignment is held there.", "{:,} assignments are held there.", "End"),
        (found.waiting, "1 request is open there.", "{:,} requests are open there.", "Answer"),
        (found.below, "1 resource lies below.", "{:,} resources lie below.", "Retire or move"),
    )
