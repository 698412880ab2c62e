"""What waits for an admin, and everything that speaks for or against one of these requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from apps.access_requests.models import AccessRequest, AccessRequestQuerySet
from apps.access_requests.selectors.approvers import ApproverLine
from apps.access_requests.selectors.assigning import ended_facts
from apps.access_requests.selectors.deciding import names_of
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.selectors.managing import AdminStanding, other_admins
from apps.access_requests.services.recording import digest_now
from apps.access_requests.states import WAITING, Action, Family
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.selectors import NOTHING, Holdings, holdings_of_many
from apps.common.access import Access, Permission
from apps.roles.policy.rules import RoleRules
from apps.roles.selectors import rules_for_many

# Without any of these nobody decides on an assignment, wherever it lies.
_DECIDING = (
    Permission.ASSIGNMENTS_MANAGE,
    Permission.PEOPLE_MANAGE,
    Permission.PRIVILEGED_PEOPLE_MANAGE,
)


@dataclass(frozen=True)
class AdminEvidence:
    """One request about an assignment as the admin who decides sees it. `digest` names exactly what is shown
    here as asked."""

    item: AccessRequest
    digest: str
    settings: RoleRules
    has_ended: bool
    active_now: Sequence[str]
    others: Sequence[ApproverLine] = ()

    @property
    def present(self) -> Assignment | None:
        """The assignment that is to be extended, renewed or changed."""
        return self.item.extends

    @property
    def wants_reason(self) -> bool:
        """Whoever decides on an assignment says why, whatever the settings."""
        return True

    @property
    def asks(self) -> str:
        """What is asked, after a name."""
        return _ASKS.get(Action(self.item.action), "asks to be given")


_ASKS = {Action.SELF_EXTEND: "asks to extend", Action.SELF_RENEW: "asks to renew"}


def looked_at_by_admin(standing: AdminStanding) -> AccessRequestQuerySet:
    """`about_assignments`; none for whoever manages nothing."""
    return about_assignments() if decides_somewhere(standing.access) else AccessRequest.objects.none()


def decides_somewhere(access: Access) -> bool:
    return any(access.may_somewhere(permission) for permission in _DECIDING)


def about_assignments() -> AccessRequestQuerySet:
    """The requests about assignments that wait for anybody."""
    return AccessRequest.objects.waiting().exclude(family=Family.ACTIVATION)


def decidable_by_admin(standing: AdminStanding) -> list[AccessRequest]:
    """The requests about assignments that wait and that this person can decide on."""
    rows = list(looked_at_by_admin(standing).with_names())
    states = states_now(rows, now=standing.now)
    return standing.decides_on(row for row in rows if states[row.id] in WAITING)


def admin_evidence_on(item: AccessRequest, *, reader: User, now: datetime) -> AdminEvidence:
    """What `reader` needs to decide on this request, and who else can."""
    (evidence,) = admin_evidence_on_many([item], now=now)
    others = other_admins(item.resource, principal_id=item.principal_id, actor=item.person, now=now)
    return replace(evidence, others=others.lines_beside(reader))


def admin_evidence_on_many(items: Sequence[AccessRequest], *, now: datetime) -> list[AdminEvidence]:
    """What speaks for or against each of these, in their order. A fixed number of queries, however many."""
    rules = rules_for_many((item.role, item.resource) for item in items)
    holders = User.objects.filter(pk__in={item.principal_id for item in items})
    held = holdings_of_many(list(holders), now=now)
    return [
        _evidence(item, rules[item.role_id, item.resource_id], held.get(item.principal_id, NOTHING), now)
        for item in items
    ]


def _evidence(item: AccessRequest, rules: RoleRules, held: Holdings, now: datetime) -> AdminEvidence:
    return AdminEvidence(
        item=item,
        digest=digest_now(item, rules, now=now),
        settings=rules,
        has_ended=item.extends is not None and bool(ended_facts(item.extends, now=now).ended_how),
        active_now=names_of(held),
    )
