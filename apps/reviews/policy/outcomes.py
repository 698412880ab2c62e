"""What becomes of a line, and of a denial that is applied, in words. Pure."""

from __future__ import annotations

from collections.abc import Collection

from apps.reviews.states import ApplyResult, NoAnswer

NOBODY_ANSWERED: dict[NoAnswer, str] = {
    NoAnswer.KEEP: "Nobody answered: no change.",
    NoAnswer.REMOVE: "Nobody answered: access is removed.",
    NoAnswer.APPROVE: "Nobody answered: access is approved.",
    NoAnswer.RECOMMENDATION: "Nobody answered: the recommendation counts.",
}


def result_of_refusal(rules: Collection[str]) -> ApplyResult:
    """What it means for a line that the door refuses to take its assignment (fact sheet, section 8.3)."""
    if set(rules) == {"RoleAssignmentDoesNotExist"}:
        return ApplyResult.NOT_FOUND
    return ApplyResult.NOT_SUPPORTED


def by_hand(reason: str) -> str:
    """What somebody has to do where the portal could not."""
    return f"{reason} Remove it by hand, then note it here."
