"""Signing in with a password, and what the audit log says of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import can_sign_in
from apps.accounts.selectors import user_by_email
from apps.accounts.services.attempts import give_back, limits_of, take_attempt
from apps.audit.services import record
from apps.audit.vocabulary import NOBODY, AuditAction, Outcome, Party
from apps.common.decision import Refusal
from apps.common.errors import NotAllowed

_UNKNOWN_ACCOUNT = Party("unknown", "", "Unknown account")
_WRONG = "The e-mail address or the password is wrong, or the account is disabled."


def sign_in(*, email: str, password: str, network: str, known_people: Collection[str], now: datetime) -> User:
    """The person, if the password is theirs. Raises `NotAllowed` with the same sentence, and after the same
    work, whether the account is unknown or disabled or the password wrong.

    `known_people` are the ids of those who signed in with this browser before. Do not call it inside a
    transaction: a failure is written down too, and that must stay.
    """
    user = user_by_email(email)
    limits = limits_of(user, email, network, known_people)
    take_attempt(limits, now)
    reason = _why_not(user, password)
    if user is None or reason:
        _record_refusal(user, network, reason, now)
        raise NotAllowed((Refusal("SignIn", _WRONG),))
    give_back(limits)
    record_sign_in(user=user, network=network, now=now)
    return user


@transaction.atomic
def record_sign_in(*, user: User, network: str, now: datetime) -> None:
    user.last_sign_in_at = now
    user.save(update_fields=["last_sign_in_at"])
    record(AuditAction.SIGNED_IN, actor=user.party, at=now, target=user.party, details={"network": network})


def record_sign_out(*, user: User, now: datetime) -> None:
    record(AuditAction.SIGNED_OUT, actor=user.party, at=now, target=user.party)


def _why_not(user: User | None, password: str) -> str:
    """Why this is no sign-in, as a word for the audit log; empty when it is one."""
    if user is None:
        User().set_password(password)  # as much work as checking one, so that time tells nothing
        return "unknown account"
    if not user.check_password(password):
        return "wrong password"
    return "" if can_sign_in(user) else "account disabled"


def _record_refusal(user: User | None, network: str, reason: str, now: datetime) -> None:
    record(
        AuditAction.SIGN_IN_REFUSED,
        actor=NOBODY,  # whoever it was has not shown to be that person
        at=now,
        target=user.party if user else _UNKNOWN_ACCOUNT,
        outcome=Outcome.FAILURE,
        details={"network": network, "reason": reason},
    )
