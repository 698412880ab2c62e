"""What the portal can mend itself, and for whom it offers that. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from apps.alerts.policy.terms import Fix
from apps.audit.vocabulary import Place
from apps.common.access import Access, Permission
from apps.common.decision import ALLOWED, Decision, denied

_NEEDS = {
    Fix.REMOVE: (Permission.ASSIGNMENTS_MANAGE, "assignments"),
    Fix.MAKE_ELIGIBLE: (Permission.ASSIGNMENTS_MANAGE, "assignments"),
    Fix.REQUIRE_MFA: (Permission.SETTINGS_MANAGE, "role settings"),
}


def has_fix(fix: Fix | None, ids: Mapping[str, str]) -> bool:
    """Whether this finding names what its fix would change. What somebody has through a group has no row of
    its own that could be removed."""
    return fix is not None and ("role" if fix == Fix.REQUIRE_MFA else "assignment") in ids


def can_fix(fix: Fix | None, ids: Mapping[str, str], place: Place, access: Access) -> Decision:
    """May a button lead to the page that changes it? That page asks all the rest."""
    if fix is None or not has_fix(fix, ids):
        return denied("NoFix", "This comes through a group. Change the group, or its role.")
    permission, what = _NEEDS[fix]
    if access.may(permission, place.provider, place.path):
        return ALLOWED
    return denied("AdminRequestRule", f"Your active roles do not manage {what} on {place.name}.")
