"""Setting up a second factor in two steps: what allows it, then the first code of the new app."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

import django_otp
from django.conf import settings
from django.db import transaction

from apps.accounts.devices import Attempt
from apps.accounts.models import AccountLink, AuthenticatorDevice, OneTimeCode, User
from apps.accounts.notices import tell_factor_added
from apps.accounts.policy import (
    NO_FACTOR,
    SETTING_UP_LASTS,
    Ground,
    SecondFactor,
    can_confirm_factor,
    can_set_up_factor,
)
from apps.accounts.selectors import devices_of, has_second_factor, recovery_codes_of, used_link
from apps.accounts.services.factors import (
    SECRET_BYTES,
    code_refused,
    counts_now,
    lock_factors,
    record_attempt,
    record_enrolled,
    remove,
)
from apps.accounts.services.one_time_codes import replace_recovery_codes, spend_code
from apps.accounts.services.sessions import end_other_sessions
from apps.common.decision import Refusal
from apps.common.errors import Conflict, NotAllowed
from apps.common.text import one_line

_SPENDS = {
    Ground.ENROLMENT_CODE: OneTimeCode.Purpose.ENROLMENT,
    Ground.RECOVERY_CODE: OneTimeCode.Purpose.RECOVERY,
}
_DEFAULT_NAME = "Authenticator app"


def begin_enrolment(
    *,
    user: User,
    ground: Ground,
    now: datetime,
    second_factor: SecondFactor = NO_FACTOR,
    code: str = "",
    link_id: UUID | None = None,
) -> AuthenticatorDevice:
    """A device that counts nowhere until `confirm_enrolment`; an earlier unfinished one is dropped.
    `link_id`: of the link that was used in this session.

    Do not call it inside a transaction: a refused code is written down too, and that must stay.
    """
    with transaction.atomic():
        lock_factors(user)
        can_set_up_factor(
            ground,
            is_enrolled=has_second_factor(user),
            factor_is_fresh=counts_now(second_factor, now),
            link_was_used=used_link(user, link_id, now=now) is not None,
            in_demo=settings.DEMO,
        ).require()
        is_granted = ground not in _SPENDS or spend_code(user, _SPENDS[ground], code, now=now)
        device = _set_up(user, ground, now) if is_granted else None
    if device is None:
        raise NotAllowed((Refusal("EnrolmentRule", "That code is wrong, expired or used.", "code"),))
    return device


def confirm_enrolment(
    *, device: AuthenticatorDevice, name: str, code: str, keep: str | None, now: datetime
) -> list[str]:
    """From now on the device counts. Returns new recovery codes, to be shown once; none while the person has
    unused ones and could prove a factor.

    After a recovery code the older devices, which are lost, go. All sessions of the person end but `keep`. Do
    not call it inside a transaction: a refused code is written down too, and that must stay.
    """
    user = device.user
    with transaction.atomic():
        lock_factors(user)
        _require_unfinished(device, now)
        attempt = Attempt(code, now)
        confirmed = django_otp.verify_token(user, device.persistent_id, attempt)
        if confirmed is None:
            record_attempt(user, attempt, None)
        else:
            codes = _finish(confirmed, name, keep, now)
    if confirmed is None:
        raise code_refused(attempt)
    return codes


@transaction.atomic
def forget_unfinished(*, now: datetime) -> int:
    """Remove what was begun and not finished, and enrolment codes and links that count no more."""
    devices = AuthenticatorDevice.objects.filter(confirmed=False, created_at__lte=now - SETTING_UP_LASTS)
    codes = OneTimeCode.objects.filter(purpose=OneTimeCode.Purpose.ENROLMENT).spent_or_expired(now)
    links = AccountLink.objects.over(now - SETTING_UP_LASTS, now=now)
    removed: int = sum(rows.delete()[0] for rows in (devices, codes, links))
    return removed


def _set_up(user: User, ground: Ground, now: datetime) -> AuthenticatorDevice:
    AuthenticatorDevice.objects.filter(user=user, confirmed=False).delete()
    device = AuthenticatorDevice(
        user=user, name=_DEFAULT_NAME, confirmed=False, ground=ground, created_at=now
    )
    device.secret = secrets.token_bytes(SECRET_BYTES)
    device.save(force_insert=True)
    return device


def _require_unfinished(device: AuthenticatorDevice, now: datetime) -> None:
    """The row is read again: it may have been finished, or replaced, before the lock was ours."""
    if not AuthenticatorDevice.objects.filter(pk=device.pk, confirmed=False).exists():
        raise Conflict("This was finished or begun anew meanwhile.")
    can_confirm_factor(
        Ground(device.ground),
        is_enrolled=has_second_factor(device.user),
        began_at=device.created_at,
        now=now,
    ).require()


def _finish(device: AuthenticatorDevice, name: str, keep: str | None, now: datetime) -> list[str]:
    user, earlier = device.user, devices_of(device.user)
    device.confirmed, device.name, device.created_at = True, one_line(name, 64) or _DEFAULT_NAME, now
    device.save(update_fields=["confirmed", "name", "created_at"])
    record_enrolled(device, actor=user.party, now=now)
    if device.ground == Ground.RECOVERY_CODE:
        for lost in earlier:
            remove(lost, actor=user.party, now=now)
    end_other_sessions(user=user, keep=keep, now=now)
    tell_factor_added(device, now=now)
    has_codes = device.ground == Ground.FACTOR and recovery_codes_of(user).left
    return [] if has_codes else replace_recovery_codes(user, now=now)
