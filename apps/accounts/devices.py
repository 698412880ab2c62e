"""Second-factor devices: what a person proves themself with beyond the password."""

from __future__ import annotations

import re
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from django.db import models
from django.db.models import Q
from django.utils.http import urlencode
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from apps.accounts.policy import code_wait
from apps.common.encryption import seal, unseal
from apps.common.organisation import organisation_name

STEP = 30  # seconds that one code is shown
_TOLERANCE = 1  # steps by which the person's clock, or their typing, may be late or early
_CODE = re.compile(r"[0-9]{6}")


class CodeAnswer(StrEnum):
    ACCEPTED = "accepted"
    WRONG = "wrong"
    USED = "used"
    THROTTLED = "throttled"


@dataclass
class Attempt:
    """One code at one instant; the device writes its answer into it.

    django-otp hands it through `verify_token` untouched. A bare code could not carry the clock of the request
    there, nor bring back why it was refused.
    """

    code: str
    now: datetime
    answer: CodeAnswer = CodeAnswer.WRONG
    wait_until: datetime | None = None


class AuthenticatorDevice(ThrottlingMixin, Device):
    """An authenticator app. Its id is a number, not a UUID: django-otp reads it back with `int`."""

    ground = models.CharField(max_length=16, blank=True, editable=False)  # a Ground; a command needs none
    sealed_secret = models.TextField(editable=False)
    last_step = models.BigIntegerField(default=-1, editable=False)  # of the newest code that was accepted
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(confirmed=False), name="authenticator_one_being_set_up"
            ),
        ]

    @property
    def secret(self) -> bytes:
        return unseal(self.sealed_secret)

    @secret.setter
    def secret(self, secret: bytes) -> None:
        self.sealed_secret = seal(secret)

    @property
    def setup_uri(self) -> str:
        """What the QR code of the enrolment page says."""
        issuer = f"PIM Portal ({organisation_name()})".replace(":", "")
        parameters = urlencode({"secret": self.secret_text, "issuer": issuer})
        return f"otpauth://totp/{quote(self.user.email, safe='@')}?{parameters}"

    @property
    def secret_text(self) -> str:
        """The secret as apps take it when it is typed."""
        return b32encode(self.secret).decode()

    def code_at(self, now: datetime) -> str:
        return f"{self._totp(now).token():06}"

    def step_at(self, now: datetime) -> int:
        return self._totp(now).t()

    def shows(self, code: str, *, now: datetime) -> bool:
        """Whether the app shows this code, give or take one step; used or not."""
        return self._step_of(code, now) is not None

    def verify_token(self, attempt: Attempt) -> bool:
        """Spend the code. Call it through `django_otp.verify_token` only, which locks the row."""
        attempt.wait_until = self._wait_until()
        if attempt.wait_until is not None and attempt.now < attempt.wait_until:
            attempt.answer = CodeAnswer.THROTTLED
        elif self._spend(attempt):
            attempt.answer = CodeAnswer.ACCEPTED
        else:
            attempt.answer = (
                CodeAnswer.USED if self.shows(attempt.code, now=attempt.now) else CodeAnswer.WRONG
            )
            self._note_failure(attempt.now)
        return attempt.answer == CodeAnswer.ACCEPTED

    def get_throttle_factor(self) -> int:
        return 1

    def _spend(self, attempt: Attempt) -> bool:
        step = self._step_of(attempt.code, attempt.now, after=self.last_step)
        if step is None:
            return False
        unspent = AuthenticatorDevice.objects.filter(pk=self.pk, last_step__lt=step)
        return bool(
            unspent.update(
                last_step=step,
                last_used_at=attempt.now,
                throttling_failure_count=0,
                throttling_failure_timestamp=None,
            )
        )

    def _note_failure(self, now: datetime) -> None:
        self.throttling_failure_count += 1
        self.throttling_failure_timestamp = now
        self.save(update_fields=["throttling_failure_count", "throttling_failure_timestamp"])

    def _wait_until(self) -> datetime | None:
        failed_at = self.throttling_failure_timestamp
        return failed_at and failed_at + code_wait(self.throttling_failure_count)

    def _step_of(self, code: str, now: datetime, *, after: int | None = None) -> int | None:
        """The time step this code belongs to, of those that count now and come after the given one."""
        totp = self._totp(now)
        is_right = bool(_CODE.fullmatch(code)) and totp.verify(
            int(code), tolerance=_TOLERANCE, min_t=None if after is None else after + 1
        )
        return totp.t() if is_right else None

    def _totp(self, now: datetime) -> TOTP:
        totp = TOTP(self.secret, step=STEP)
        totp.time = now.timestamp()
        return totp
