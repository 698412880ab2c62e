"""Making and spending one-time codes. A code is returned once, to be shown, and is stored nowhere."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.models import OneTimeCode, User
from apps.accounts.notices import (
    tell_enrolment_code_issued,
    tell_recovery_code_used,
    tell_recovery_codes_made,
)
from apps.accounts.one_time_codes import bare, new_code
from apps.accounts.policy import (
    ENROLMENT_CODE_LASTS,
    RECOVERY_CODES,
    SecondFactor,
    can_issue_enrolment_code,
    can_make_recovery_codes,
)
from apps.accounts.selectors import has_second_factor, recovery_codes_of
from apps.accounts.services.attempts import give_back, limits_of_codes, take_attempt
from apps.accounts.services.factors import counts_now, lock_factors, remove_all
from apps.accounts.services.sessions import end_other_sessions
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Outcome, Party
from apps.common.encryption import fingerprint

_ENROLMENT, _RECOVERY = OneTimeCode.Purpose.ENROLMENT, OneTimeCode.Purpose.RECOVERY
_USED = {_ENROLMENT: AuditAction.ENROLMENT_CODE_USED, _RECOVERY: AuditAction.RECOVERY_CODE_USED}


@transaction.atomic
def issue_enrolment_code(*, user: User, actor: Party, now: datetime) -> str:
    """The code with which this person sets up their first second factor. Earlier ones no longer work."""
    lock_factors(user)
    can_issue_enrolment_code(is_enrolled=has_second_factor(user)).require()
    OneTimeCode.objects.filter(user=user, purpose=_ENROLMENT, used_at__isnull=True).delete()
    code = new_code()
    OneTimeCode.objects.create(
        user=user,
        purpose=_ENROLMENT,
        fingerprint=fingerprint(bare(code)),
        made_at=now,
        expires_at=now + ENROLMENT_CODE_LASTS,
    )
    record(AuditAction.ENROLMENT_CODE_ISSUED, actor=actor, at=now, target=user.party)
    tell_enrolment_code_issued(user, by=actor, now=now)
    return code


@transaction.atomic
def reset_factors(*, user: User, actor: Party, now: datetime) -> str:
    """For somebody who has lost app and recovery codes: neither works any more, all sessions end, and the
    enrolment code that is returned leads to a new app. On the console; pages send a link instead."""
    lock_factors(user)
    remove_all(user, actor=actor, now=now)
    return issue_enrolment_code(user=user, actor=actor, now=now)


@transaction.atomic
def make_recovery_codes(
    *, user: User, second_factor: SecondFactor, keep: str | None, now: datetime
) -> list[str]:
    """Ten new ones; the earlier ones no longer work. All the person's sessions end but `keep`."""
    lock_factors(user)
    can_make_recovery_codes(factor_is_fresh=counts_now(second_factor, now)).require()
    codes = replace_recovery_codes(user, now=now)
    end_other_sessions(user=user, keep=keep, now=now)
    tell_recovery_codes_made(user, now=now)
    return codes


def replace_recovery_codes(user: User, *, now: datetime) -> list[str]:
    """A part of a command that has locked the person's factors and tells them."""
    OneTimeCode.objects.filter(user=user, purpose=_RECOVERY).delete()
    codes = [new_code() for _ in range(RECOVERY_CODES)]
    OneTimeCode.objects.bulk_create(
        OneTimeCode(user=user, purpose=_RECOVERY, fingerprint=fingerprint(bare(code)), made_at=now)
        for code in codes
    )
    record(AuditAction.RECOVERY_CODES_MADE, actor=user.party, at=now, target=user.party)
    return codes


def spend_code(user: User, purpose: OneTimeCode.Purpose, code: str, *, now: datetime) -> bool:
    """Whether the code was right, which it is once. A part of a command: a refusal is written down too, so
    the caller commits either way. Raises `NotAllowed`, with nothing counted, while there is a wait."""
    limits = limits_of_codes(user)
    take_attempt(limits, now)
    unspent = OneTimeCode.objects.usable(now).matching(code).filter(user=user, purpose=purpose)
    if not unspent.update(used_at=now):
        _record_refusal(user, purpose, now)
        return False
    give_back(limits)
    record(_USED[purpose], actor=user.party, at=now, target=user.party)
    if purpose == _RECOVERY:
        tell_recovery_code_used(user, left=recovery_codes_of(user).left, now=now)
    return True


def _record_refusal(user: User, purpose: OneTimeCode.Purpose, now: datetime) -> None:
    record(
        AuditAction.FACTOR_REFUSED,
        actor=user.party,
        at=now,
        target=user.party,
        outcome=Outcome.FAILURE,
        details={"code": str(purpose.label)},
    )
