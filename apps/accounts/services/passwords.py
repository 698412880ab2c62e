"""Commands on passwords: giving one to somebody, and changing one's own."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.models import User
from apps.accounts.notices import tell_password_changed
from apps.accounts.services.attempts import give_back, limits_of_own_password, take_attempt
from apps.accounts.services.sessions import end_all_sessions, end_other_sessions
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Outcome, Party
from apps.common.decision import Refusal
from apps.common.errors import Conflict, Invalid, NotAllowed


@transaction.atomic
def set_password(*, user: User, password: str, actor: Party, now: datetime) -> None:
    """Give somebody a password, whatever they had before. All their sessions end."""
    if problems := problems_of(password, user):
        raise Invalid(" ".join(problems))
    user.set_password(password)
    user.save(update_fields=["password"])
    record(AuditAction.PASSWORD_CHANGED, actor=actor, at=now, target=user.party)
    end_all_sessions(user=user, actor=actor, now=now)


def change_password(
    *, user: User, current: str, new: str, network: str, keep: str | None, now: datetime
) -> None:
    """The person's own, by who knows the current one. All their sessions end but the one with the key `keep`.

    Raises `NotAllowed` for the fields `current_password` and `new_password`. Tries are counted with those at
    signing in. Do not call it inside a transaction: a failure is written down too, and that must stay.
    """
    limits = limits_of_own_password(user, network)
    take_attempt(limits, now)
    knows_it = user.check_password(current)
    if knows_it:
        give_back(limits)
    else:
        _record_refusal(user, network, now)
    if refusals := _refusals(user, current, new, knows_it=knows_it):
        raise NotAllowed(refusals)
    _replace(user, new, network, keep, now)


@transaction.atomic
def _replace(user: User, new: str, network: str, keep: str | None, now: datetime) -> None:
    """Only while the password is the one that was checked: of two changes at once, one is too late."""
    checked, user.password = user.password, make_password(new)
    if not User.objects.filter(pk=user.pk, password=checked).update(password=user.password):
        raise Conflict("Your password was changed meanwhile. Sign in with the new one.")
    record(AuditAction.PASSWORD_CHANGED, actor=user.party, at=now, target=user.party)
    end_other_sessions(user=user, keep=keep, now=now)
    tell_password_changed(user, network=network, now=now)


def _refusals(user: User, current: str, new: str, *, knows_it: bool) -> tuple[Refusal, ...]:
    refusals = [Refusal("NewPassword", problem, "new_password") for problem in problems_of(new, user)]
    if not knows_it:
        refusals.append(Refusal("CurrentPassword", "That is not your password.", "current_password"))
    elif new == current:
        refusals.append(Refusal("NewPassword", "That is your password already.", "new_password"))
    return tuple(refusals)


def problems_of(password: str, user: User) -> list[str]:
    """What speaks against this password for this person, a sentence each."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return error.messages
    return []


def _record_refusal(user: User, network: str, now: datetime) -> None:
    record(
        AuditAction.PASSWORD_REFUSED,
        actor=user.party,
        at=now,
        target=user.party,
        outcome=Outcome.FAILURE,
        details={"network": network, "reason": "wrong current password"},
    )
