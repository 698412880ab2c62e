"""Commands on second-factor devices, and the one way to prove a code."""

from __future__ import annotations

import secrets
from datetime import datetime

import django_otp
from django.db import transaction

from apps.accounts.devices import Attempt, CodeAnswer
from apps.accounts.models import AuthenticatorDevice, User
from apps.accounts.policy import wait_in_words
from apps.accounts.selectors import devices_of
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Outcome, Party
from apps.common.decision import Refusal
from apps.common.errors import NotAllowed
from apps.common.text import one_line

_SECRET_BYTES = 20  # what RFC 4226 recommends


@transaction.atomic
def enrol_authenticator(
    *, user: User, name: str, actor: Party, now: datetime, secret: bytes | None = None
) -> AuthenticatorDevice:
    """A device that counts from now on. Without `secret` a random one is made."""
    device = AuthenticatorDevice(user=user, name=one_line(name, 64), created_at=now)
    device.secret = secret or secrets.token_bytes(_SECRET_BYTES)
    device.save(force_insert=True)
    record(
        AuditAction.FACTOR_ENROLLED,
        actor=actor,
        at=now,
        target=user.party,
        details={"device": device.name},
    )
    return device


def verify_code(*, user: User, code: str, now: datetime) -> AuthenticatorDevice:
    """Spend one code and return the device it came from. Raises `NotAllowed` with a sentence for the person.

    Do not call it inside a transaction: a refused code is written down too, and that must stay.
    """
    with transaction.atomic():
        attempt, device = _spend_code(user, code, now)
        _record_attempt(user, attempt, device)
    if device is None:
        raise NotAllowed((Refusal("MfaRule", _refusal(attempt), field="code"),))
    return device


def _spend_code(user: User, code: str, now: datetime) -> tuple[Attempt, AuthenticatorDevice | None]:
    """Try the device that shows this code, or, when none does, let every device count the failure."""
    devices = devices_of(user)
    showing = [device for device in devices if device.shows(code, now=now)]
    attempt = Attempt(code, now)
    for device in showing or devices:
        attempt = Attempt(code, now)
        if django_otp.verify_token(user, device.persistent_id, attempt):
            return attempt, device
    return attempt, None


def _record_attempt(user: User, attempt: Attempt, device: AuthenticatorDevice | None) -> None:
    record(
        AuditAction.FACTOR_VERIFIED if device else AuditAction.FACTOR_REFUSED,
        actor=user.party,
        at=attempt.now,
        target=user.party,
        outcome=Outcome.SUCCESS if device else Outcome.FAILURE,
        details={"device": device.name} if device else {"answer": str(attempt.answer)},
    )


def _refusal(attempt: Attempt) -> str:
    if attempt.answer == CodeAnswer.THROTTLED and attempt.wait_until:
        return f"Too many wrong codes. Try again in {wait_in_words(attempt.wait_until - attempt.now)}."
    if attempt.answer == CodeAnswer.USED:
        return "That code was used already. Wait for the next one."
    return "That code is wrong. Enter the six digits that your authenticator app shows now."
