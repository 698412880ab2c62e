"""One-time codes on paper: for the first second factor, and for one that was lost."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.common.encryption import fingerprints

_ALPHABET = (
    "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that looks like something else: no I and 1, no O and 0
)
_GROUPS, _GROUP = 3, 4


def new_code() -> str:
    """Sixty random bits, such as "K7QM-2XPA-9TRE"."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def bare(code: str) -> str:
    """The code as it is compared: dashes, spaces and small letters make no difference."""
    return "".join(char for char in code.upper() if char not in "-\u2010\u2011\u2013" and not char.isspace())


class OneTimeCodeQuerySet(models.QuerySet["OneTimeCode"]):
    def usable(self, now: datetime) -> OneTimeCodeQuerySet:
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), used_at__isnull=True)

    def matching(self, code: str) -> OneTimeCodeQuerySet:
        return self.filter(fingerprint__in=fingerprints(bare(code)))

    def spent_or_expired(self, now: datetime) -> OneTimeCodeQuerySet:
        return self.filter(Q(used_at__isnull=False) | Q(expires_at__lte=now))


class OneTimeCode(models.Model):
    """What is known of a code after it was shown: a keyed hash, and whether it was used."""

    class Purpose(models.TextChoices):
        ENROLMENT = "enrolment", "Enrolment code"
        RECOVERY = "recovery", "Recovery code"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="one_time_codes"
    )
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    fingerprint = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = OneTimeCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(purpose="enrolment", expires_at__isnull=False, expires_at__gt=F("made_at"))
                    | Q(purpose="recovery", expires_at__isnull=True)
                ),
                name="one_time_code_expires_when_for_enrolment",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(purpose="enrolment", used_at__isnull=True),
                name="one_time_code_one_for_enrolment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} of {self.made_at:%Y-%m-%d %H:%M}"
