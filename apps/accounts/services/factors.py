"""Commands on second-factor devices, and the one way to prove a code."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

import django_otp
from django.conf import settings
from django.db import transaction

from apps.accounts.devices import Attempt, CodeAnswer
from apps.accounts.models import AuthenticatorDevice, OneTimeCode, Principal, User
from apps.accounts.notices import tell_factor_deleted
from apps.accounts.policy import SecondFactor, can_delete_factor, is_fresh, wait_in_words
from apps.accounts.selectors import devices_of
from apps.accounts.services.sessions import end_all_sessions, end_other_sessions
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Outcome, Party
from apps.common.decision import Refusal
from apps.common.errors import Conflict, NotAllowed
from apps.common.locks import lock_rows
from apps.common.text import one_line

SECRET_BYTES = 20  # what RFC 4226 recommends


def lock_factors(user: User) -> None:
    """Whatever changes a person's second factors passes here first, one after the other."""
    lock_rows(Principal, user.pk)


def counts_now(second_factor: SecondFactor, now: datetime) -> bool:
    return is_fresh(second_factor, now=now, max_age_seconds=settings.SECOND_FACTOR_MAX_AGE)


@transaction.atomic
def enrol_authenticator(
    *, user: User, name: str, actor: Party, now: datetime, secret: bytes | None = None
) -> AuthenticatorDevice:
    """A device that counts from now on. Without `secret` a random one is made."""
    device = AuthenticatorDevice(user=user, name=one_line(name, 64), created_at=now)
    device.secret = secret or secrets.token_bytes(SECRET_BYTES)
    device.save(force_insert=True)
    record_enrolled(device, actor=actor, now=now)
    return device


@transaction.atomic
def delete_authenticator(
    *, user: User, device_id: int, second_factor: SecondFactor, keep: str | None, now: datetime
) -> None:
    """One that the person does not use any more, but never the last. All their sessions end but `keep`."""
    lock_factors(user)
    devices = devices_of(user)
    device = next((device for device in devices if device.pk == device_id), None)
    if device is None:
        raise Conflict("This second factor was deleted already.")
    can_delete_factor(others=len(devices) - 1, factor_is_fresh=counts_now(second_factor, now)).require()
    tell_factor_deleted(device, now=now)
    remove(device, actor=user.party, now=now)
    end_other_sessions(user=user, keep=keep, now=now)


def remove(device: AuthenticatorDevice, *, actor: Party, now: datetime) -> None:
    """A part of a command that has locked the person's factors and tells them."""
    details = {"device": device.name}
    record(AuditAction.FACTOR_REMOVED, actor=actor, at=now, target=device.user.party, details=details)
    device.delete()


def remove_all(user: User, *, actor: Party, now: datetime) -> None:
    """Every way in which the person could prove who they are. A part of a command that has locked their
    factors and leads them to a new one."""
    for device in devices_of(user):
        tell_factor_deleted(device, now=now)
        remove(device, actor=actor, now=now)
    AuthenticatorDevice.objects.filter(user=user, confirmed=False).delete()
    OneTimeCode.objects.filter(user=user).delete()
    record(AuditAction.FACTORS_RESET, actor=actor, at=now, target=user.party)
    end_all_sessions(user=user, actor=actor, now=now)


def verify_code(*, user: User, code: str, now: datetime) -> AuthenticatorDevice:
    """Spend one code and return the device it came from. Raises `NotAllowed` with a sentence for the person.

    Do not call it inside a transaction: a refused code is written down too, and that must stay.
    """
    with transaction.atomic():
        lock_factors(user)
        attempt, device = _spend_code(user, code, now)
        record_attempt(user, attempt, device)
    if device is None:
        raise code_refused(attempt)
    return device


def record_enrolled(device: AuthenticatorDevice, *, actor: Party, now: datetime) -> None:
    details = {"device": device.name} | ({"ground": device.ground} if device.ground else {})
    record(AuditAction.FACTOR_ENROLLED, actor=actor, at=now, target=device.user.party, details=details)


def record_attempt(user: User, attempt: Attempt, device: AuthenticatorDevice | None) -> None:
    """Not what came during a wait and was not looked at, or whoever knows a password could fill the log."""
    if attempt.answer == CodeAnswer.THROTTLED:
        return
    record(
        AuditAction.FACTOR_VERIFIED if device else AuditAction.FACTOR_REFUSED,
        actor=user.party,
        at=attempt.now,
        target=user.party,
        outcome=Outcome.SUCCESS if device else Outcome.FAILURE,
        details={"device": device.name} if device else {"answer": str(attempt.answer)},
    )


def code_refused(attempt: Attempt) -> NotAllowed:
    return NotAllowed((Refusal("MfaRule", _refusal(attempt), field="code"),))


def _spend_code(user: User, code: str, now: datetime) -> tuple[Attempt, AuthenticatorDevice | None]:
    """Try the device that shows this code, or, when none does, let every device count the failure."""
    devices = devices_of(user)
    showing = [device for device in devices if device.shows(code, now=now)]
    refused = [Attempt(code, now)] if not devices else []
    for device in showing or devices:
        attempt = Attempt(code, now)
        if django_otp.verify_token(user, device.persistent_id, attempt):
            _forget_failures(devices)
            return attempt, device
        refused.append(attempt)
    return min(refused, key=lambda attempt: attempt.answer == CodeAnswer.THROTTLED), None


def _forget_failures(devices: Iterable[AuthenticatorDevice]) -> None:
    """Wrong codes count on all devices of a person, so a right one makes up for them on all. On those that
    are hardly used they would add up for years otherwise."""
    failed = AuthenticatorDevice.objects.filter(pk__in=[device.pk for device in devices])
    failed.update(throttling_failure_count=0, throttling_failure_timestamp=None)


def _refusal(attempt: Attempt) -> str:
    if attempt.answer == CodeAnswer.THROTTLED and attempt.wait_until:
        return f"Too many wrong codes. Try again in {wait_in_words(attempt.wait_until - attempt.now)}."
    if attempt.answer == CodeAnswer.USED:
        return "That code was used already. Wait for the next one."
    return "That code is wrong. Enter the six digits that your authenticator app shows now."
