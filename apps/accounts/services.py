"""Commands on people, groups and devices, each with its audit event; and the one way to prove a code."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import django_otp
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.crypto import salted_hmac

from apps.accounts.devices import Attempt, CodeAnswer
from apps.accounts.models import AuthenticatorDevice, Group, Principal, SignInCounter, User
from apps.accounts.policy import (
    ACCOUNT,
    ACCOUNT_AND_NETWORK,
    FORGOTTEN_AFTER,
    NETWORK,
    Limit,
    can_sign_in,
    wait_in_words,
    zone_names,
)
from apps.accounts.selectors import devices_of, user_by_email
from apps.audit.services import record
from apps.audit.vocabulary import NOBODY, AuditAction, Outcome, Party
from apps.common.decision import Refusal
from apps.common.errors import Invalid, NotAllowed
from apps.common.text import one_line

_SECRET_BYTES = 20  # what RFC 4226 recommends
_UNKNOWN_ACCOUNT = Party("unknown", "", "Unknown account")


# ---- People and groups -----------------------------------------------------------------------------------


@transaction.atomic
def create_user(*, name: str, email: str, actor: Party, now: datetime, **facts: Any) -> User:
    """A person without password and second factor. `facts` are further fields of `User`."""
    user = User(kind=Principal.Kind.USER, name=one_line(name), email=email.strip(), created_at=now, **facts)
    user.set_unusable_password()
    if user.time_zone not in zone_names():
        raise Invalid(f"There is no time zone “{one_line(user.time_zone, 64)}”.")
    _validate(user)
    user.save(force_insert=True)
    record(AuditAction.PERSON_CREATED, actor=actor, at=now, target=user.party, details={"email": user.email})
    return user


@transaction.atomic
def create_group(
    *,
    name: str,
    actor: Party,
    now: datetime,
    description: str = "",
    is_role_assignable: bool = False,
    is_managed: bool = False,
) -> Group:
    """The group alone; who is in it, and the resource it is, belong to the apps above."""
    group = Group(
        kind=Principal.Kind.GROUP,
        name=one_line(name),
        description=description,
        is_role_assignable=is_role_assignable,
        is_managed=is_managed,
        created_at=now,
    )
    _validate(group)
    group.save(force_insert=True)
    record(AuditAction.GROUP_CREATED, actor=actor, at=now, target=group.party)
    return group


@transaction.atomic
def set_password(*, user: User, password: str, actor: Party, now: datetime) -> None:
    """All sessions of the person end with the old password, as they carry a hash of it."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    user.set_password(password)
    user.save(update_fields=["password"])
    record(AuditAction.PASSWORD_CHANGED, actor=actor, at=now, target=user.party)


def _validate(principal: User | Group) -> None:
    try:
        principal.full_clean(exclude=["principal", "password"])
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error


# ---- The second factor -----------------------------------------------------------------------------------


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


# ---- Sign-in ---------------------------------------------------------------------------------------------


def sign_in(*, email: str, password: str, network: str, known_people: Collection[str], now: datetime) -> User:
    """The person, if the password is theirs. Raises `NotAllowed` with the same sentence, and after the same
    work, whether the account is unknown or disabled or the password wrong.

    `known_people` are the ids of those who signed in with this browser before. Do not call it inside a
    transaction: a failure is written down too, and that must stay.
    """
    user = user_by_email(email)
    limits = _limits(user, email, network, known_people)
    _take_attempt(limits, now)
    reason = _why_not(user, password)
    if user is None or reason:
        _record_refusal(user, network, reason, now)
        raise _sign_in_refused("The e-mail address or the password is wrong, or the account is disabled.")
    _give_back(limits)
    record_sign_in(user=user, network=network, now=now)
    return user


@transaction.atomic
def record_sign_in(*, user: User, network: str, now: datetime) -> None:
    user.last_sign_in_at = now
    user.save(update_fields=["last_sign_in_at"])
    record(AuditAction.SIGNED_IN, actor=user.party, at=now, target=user.party, details={"network": network})


def record_sign_out(*, user: User, now: datetime) -> None:
    record(AuditAction.SIGNED_OUT, actor=user.party, at=now, target=user.party)


@transaction.atomic
def forget_failures(*, now: datetime) -> int:
    """Remove the counters of which nothing is left. The order is that of `_take_attempt`, so that the two
    never wait for each other."""
    old = SignInCounter.objects.filter(last_at__lte=now - FORGOTTEN_AFTER)
    keys = [counter.key for counter in old.select_for_update().order_by("key")]
    return SignInCounter.objects.filter(key__in=keys).delete()[0]


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


def _sign_in_refused(reason: str) -> NotAllowed:
    return NotAllowed((Refusal("SignIn", reason),))


def _limits(user: User | None, email: str, network: str, known_people: Collection[str]) -> dict[str, Limit]:
    account = str(user.pk) if user else email.strip().lower()
    limits = {
        _counter_key("pair", account, network): ACCOUNT_AND_NETWORK,
        _counter_key("network", network): NETWORK,
    }
    if account not in known_people:
        limits[_counter_key("account", account)] = ACCOUNT
    return limits


def _counter_key(kind: str, *parts: str) -> str:
    return salted_hmac(f"accounts.sign_in.{kind}", "\n".join(parts), algorithm="sha256").hexdigest()


@transaction.atomic
def _take_attempt(limits: dict[str, Limit], now: datetime) -> None:
    """Count a failure before the password is looked at: many tries at one moment count one by one. Refuses,
    and counts nothing, while one of the limits says to wait."""
    fresh = [SignInCounter(key=key, last_at=now) for key in sorted(limits)]
    SignInCounter.objects.bulk_create(fresh, ignore_conflicts=True)
    counters = list(SignInCounter.objects.select_for_update().filter(key__in=limits).order_by("key"))
    until = max((c.last_at + limits[c.key].wait(c.failures) for c in counters), default=now)
    if now < until:
        raise _sign_in_refused(f"Too many attempts. Try again in {wait_in_words(until - now)}.")
    for counter in counters:
        elapsed = max(now - counter.last_at, timedelta(0))
        counter.failures = limits[counter.key].remaining(counter.failures, elapsed) + 1
        counter.last_at = now
    SignInCounter.objects.bulk_update(counters, ["failures", "last_at"])


def _give_back(limits: dict[str, Limit]) -> None:
    """It was no failure after all. This person at this place starts afresh; the others lose this one only,
    or an own account would wash away what was tried on other people's."""
    for key, limit in sorted(limits.items()):
        left = 0.0 if limit is ACCOUNT_AND_NETWORK else Greatest(F("failures") - 1, 0.0)
        SignInCounter.objects.filter(key=key).update(failures=left)
