"""All alerts, in the order of their lists. How each looks is in `policy.rules`, what at in `scans`."""

from __future__ import annotations

from apps.alerts.policy.terms import Fix, Rule, Severity
from apps.common.access import Provider

_EVERYWHERE = tuple(Provider)

PRIVILEGED_GUEST = Rule(
    id="privileged_guest",
    name="Guest with a privileged role",
    severity=Severity.MEDIUM,
    providers=_EVERYWHERE,
    trigger="Somebody from outside the organisation holds a privileged role, or may activate it.",
    impact="Their account is looked after by somebody else, and may be given to somebody else.",
    mend="Remove the assignment, or let it end soon.",
    prevent="Give privileged roles to members of the organisation, and to guests for a short time only.",
    fix=Fix.REMOVE,
)

RULES: tuple[Rule, ...] = (PRIVILEGED_GUEST,)
BY_ID = {rule.id: rule for rule in RULES}
