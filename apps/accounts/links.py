"""Links to a person's own address, with which they set their password or their second factor themselves.

What makes a link work is a signature in the mail (`notifications.links`). The row says whose it is, and
whether it was used; nobody who reads it can open it.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse


class AccountLinkQuerySet(models.QuerySet["AccountLink"]):
    def usable(self, now: datetime) -> AccountLinkQuerySet:
        """Those that still work: unused, in time, and of somebody who may sign in."""
        return self.filter(used_at__isnull=True, expires_at__gt=now, user__is_enabled=True)

    def over(self, instant: datetime, *, now: datetime) -> AccountLinkQuerySet:
        """Those that expired unused, or were used up to `instant`."""
        return self.filter(Q(used_at__isnull=True, expires_at__lte=now) | Q(used_at__lte=instant))


class AccountLink(models.Model):
    """One link. A new one for the same person takes the place of an unused one."""

    class Purpose(models.TextChoices):
        INVITATION = "invitation", "Set password and second factor"
        PASSWORD_RESET = "password_reset", "Set a new password"
        FACTOR_RESET = "factor_reset", "Set up a new second factor"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="account_links")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = AccountLinkQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="account_link_expires_after_it_was_made"
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(used_at__isnull=True), name="account_link_one_unused"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, sent {self.made_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        """Its page, which shows nothing without the signature that the mail adds."""
        return reverse("accounts:link", args=[self.pk])

    @property
    def sets_password(self) -> bool:
        return self.purpose != self.Purpose.FACTOR_RESET

    @property
    def sets_factor(self) -> bool:
        return self.purpose != self.Purpose.PASSWORD_RESET
