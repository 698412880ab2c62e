"""Commands on people: who may, then the small command below, in one transaction.

Each asks for a fresh second factor and for the right to change somebody of that power, under the locks that
keep the power from changing meanwhile. Nobody sets or sees another's password or factor: links do.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from apps.access_requests.asks import Actor
from apps.access_requests.policy.factor import second_factor_refusal
from apps.access_requests.policy.power import can_change_person as may_change
from apps.access_requests.selectors.power import power_of
from apps.access_requests.services import people as holders
from apps.access_requests.services.last_one import lock_guards
from apps.accounts.models import User
from apps.accounts.services import links
from apps.accounts.services import people as accounts
from apps.administration.policy.people import can_create_person, can_make_manager, can_see_people
from apps.administration.selectors.people import Search, whole_list
from apps.assignments.services import lock_principal
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party
from apps.common.access import Access
from apps.common.decision import ALLOWED, Decision


@transaction.atomic
def invite_person(*, name: str, email: str, actor: Actor, now: datetime, **facts: Any) -> User:
    """A new person, and the mail with which they set their password and second factor. `facts` are further
    columns of `User`."""
    manager = facts.get("manager")
    _require(actor, now, can_create_person(actor.access), _manager_decision(actor, manager))
    user = accounts.create_user(name=name, email=email, actor=actor.party, now=now, **facts)
    links.send_link(user=user, actor=actor.party, now=now)
    return user


@transaction.atomic
def change_person(user_id: UUID, *, actor: Actor, now: datetime, **wanted: Any) -> User:
    """Facts and address, by the names of their columns; what is not named stays. Of a new address both are
    told, and all sessions end."""
    user = _changeable(user_id, actor, now, _manager_decision(actor, wanted.get("manager"), user_id))
    email = wanted.pop("email", user.email)
    accounts.change_person(user=user, actor=actor.party, now=now, **wanted)
    accounts.change_email(user=user, email=email, actor=actor.party, now=now)
    return user


@transaction.atomic
def disable_person(user_id: UUID, *, actor: Actor, now: datetime) -> User:
    """Ends what they activated and asked for, and their sessions. What is assigned stays, without effect."""
    _changeable(user_id, actor, now)
    return holders.disable_person(user_id, actor=actor.party, now=now)


@transaction.atomic
def enable_person(user_id: UUID, *, actor: Actor, now: datetime) -> User:
    """Gives back what they are still assigned, so it takes the right to change somebody who has that."""
    _changeable(user_id, actor, now)
    return holders.enable_person(user_id, actor=actor.party, now=now)


@transaction.atomic
def send_link(user_id: UUID, *, actor: Actor, now: datetime) -> User:
    """For a new password and, where there is none, a second factor. Earlier links no longer work."""
    user = _changeable(user_id, actor, now)
    links.send_link(user=user, actor=actor.party, now=now)
    return user


@transaction.atomic
def reset_factor(user_id: UUID, *, actor: Actor, now: datetime) -> User:
    """App and recovery codes no longer work; a link leads to new ones."""
    user = _changeable(user_id, actor, now)
    links.reset_factors_by_link(user=user, actor=actor.party, now=now)
    return user


@transaction.atomic
def export_people(*, actor: Party, access: Access, search: Search, now: datetime) -> QuerySet[User]:
    """The people whom this access shows, for a file. What leaves the portal is written down, with what was
    selected."""
    can_see_people(access).require()
    record(AuditAction.PEOPLE_EXPORTED, actor=actor, at=now, details=search.chosen)
    return whole_list(access, search)


def _changeable(user_id: UUID, actor: Actor, now: datetime, *further: Decision) -> User:
    """The person, locked and as they are now, if the actor may change them."""
    lock_guards()
    lock_principal(user_id)
    decision = may_change(actor.access, power_of(user_id, now=now), person_id=user_id)
    _require(actor, now, decision, *further)
    return User.objects.get(pk=user_id)


def _require(actor: Actor, now: datetime, *decisions: Decision) -> None:
    """All of them, and a fresh second factor; every refusal at once. The console may do everything."""
    if actor.is_console:
        return
    stale = second_factor_refusal(actor.second_factor, settings.SECOND_FACTOR_MAX_AGE, now)
    refusals = [refusal for decision in decisions for refusal in decision.refusals]
    Decision((*refusals, *([stale] if stale else []))).require()


def _manager_decision(actor: Actor, manager: User | None, user_id: UUID | None = None) -> Decision:
    """A manager who stays makes nobody more than they were."""
    if manager is None or (user_id and User.objects.filter(pk=user_id, manager=manager).exists()):
        return ALLOWED
    return can_make_manager(actor.access, manager_id=manager.pk)
