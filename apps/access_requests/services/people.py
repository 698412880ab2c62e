"""An account is disabled, and enabled again, with all that this does to what the person holds and asked for.

Whoever calls these has decided that the actor may: who may do it to whom is a matter of `administration`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.access_requests import notices
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.assigning import can_disable
from apps.access_requests.services.last_one import last_of_person, lock_guards
from apps.access_requests.services.settling import settle_holder, settle_locked
from apps.access_requests.states import State
from apps.accounts.models import User
from apps.accounts.services import people as accounts
from apps.assignments.models import Assignment
from apps.audit.vocabulary import Party
from apps.common.commands import command


@command()
def disable_person(user_id: UUID, *, actor: Party, now: datetime) -> User:
    """What they activated ends and what they asked for is closed, in this transaction. What they were
    assigned stays, gives nothing, and is back when they are enabled. Raises `NotAllowed` for the last
    administrator, `Conflict` when somebody was faster."""
    lock_guards()
    settle_holder(principal_id=user_id, now=now)
    user = User.objects.get(pk=user_id)
    can_disable(last_of=last_of_person(user, now=now)).require()
    accounts.disable_user(user=user, actor=actor, now=now)
    settle_locked(principal_id=user_id, by=actor, reason=f"{actor.name} disabled the account.", now=now)
    _tell(user, by=actor, now=now)
    return user


def _tell(user: User, *, by: Party, now: datetime) -> None:
    """Once of all that has ended with the account."""
    lost = Assignment.End.GROUND_LOST
    ended = Assignment.objects.filter(principal_id=user.id, ended_at=now, ended_how=lost)
    asked = Q(principal_id=user.id) | Q(requester=user)
    closed = AccessRequest.objects.filter(asked, closed_at=now, state=State.CANCELED)
    notices.tell_disabled(user, list(ended.with_names()), list(closed.with_names()), by=by, now=now)


@command()
def enable_person(user_id: UUID, *, actor: Party, now: datetime) -> User:
    """Gives back what they were assigned, and nothing that they had activated or asked for: that is settled
    while they are still disabled. Raises `Conflict` when somebody was faster."""
    settle_holder(principal_id=user_id, now=now)
    user = User.objects.get(pk=user_id)
    accounts.enable_user(user=user, actor=actor, now=now)
    return user
