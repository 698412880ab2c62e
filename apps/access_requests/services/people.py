"""An account is disabled, and enabled again, with all that this does to what the person holds and asked for.

Whoever calls these has decided that the actor may: who may do it to whom is a matter of `administration`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.access_requests.policy.assigning import can_disable
from apps.access_requests.services.last_one import last_of_person, lock_guards
from apps.access_requests.services.settling import settle_holder, settle_locked
from apps.accounts.models import User
from apps.accounts.services import people as accounts
from apps.audit.vocabulary import Party


@transaction.atomic
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
    return user


@transaction.atomic
def enable_person(user_id: UUID, *, actor: Party, now: datetime) -> User:
    """Gives back what they were assigned, and nothing that they had activated or asked for: that is settled
    while they are still disabled. Raises `Conflict` when somebody was faster."""
    settle_holder(principal_id=user_id, now=now)
    user = User.objects.get(pk=user_id)
    accounts.enable_user(user=user, actor=actor, now=now)
    return user
