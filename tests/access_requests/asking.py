"""What the tests of extending, renewing and granting oneself ask for, and how admins answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.access_requests.asks import Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.services.deciding import decide
from apps.access_requests.services.door import submit
from apps.access_requests.services.recording import digest_now
from apps.access_requests.services.verdicts import Offer, Verdict
from apps.access_requests.states import Action
from apps.accounts.models import Principal, User
from apps.assignments.models import Assignment
from apps.roles import built_in
from apps.roles.models import Resource
from apps.roles.selectors import directory, rules_for
from tests.factories import acting


def asking(action: Action, row: Assignment, **facts: object) -> Ask:
    return Ask(action, assignment_id=row.id, **({"said": Said("Still needed")} | facts))


def giving(
    principal: Principal,
    role_id: UUID = built_in.TEAMS_ADMINISTRATOR,
    resource: Resource | None = None,
    **facts: object,
) -> Ask:
    where = (resource or directory()).id
    facts = {"said": Said("Needed")} | facts
    return Ask(Action.ADMIN_ASSIGN, principal_id=principal.id, role_id=role_id, resource_id=where, **facts)


def ask(wanted: Ask, user: User, *, now: datetime) -> AccessRequest:
    return submit(wanted, actor=acting(user, now=now), now=now)


def admin_verdict(
    request: AccessRequest, now: datetime, *, approve: bool = True, offer: Offer | None = None
) -> Verdict:
    """An answer to exactly what an admin is shown now."""
    item = AccessRequest.objects.with_names().get(pk=request.pk)
    digest = digest_now(item, rules_for(item.role, item.resource), now=now)
    return Verdict(request.id, approve, digest, "Agreed", offer)


def admin_answer(
    request: AccessRequest,
    admin: User,
    *,
    now: datetime,
    approve: bool = True,
    offer: Offer | None = None,
) -> AccessRequest:
    verdict = admin_verdict(request, now, approve=approve, offer=offer)
    return decide(verdict, actor=acting(admin, now=now), now=now)
