"""What people chose about their mail. The inbox always has everything."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class NoticePreferences(models.Model):
    """One person's choice; without a row everything is mailed at once. What is not critical comes at once,
    outside of quiet hours, or together once a day: one of the three."""

    principal_id = models.UUIDField(primary_key=True, editable=False)  # no key: people are in an app above
    inbox_only = models.JSONField(default=list, blank=True)  # a list of `policy.Kind`
    digest_hour = models.PositiveSmallIntegerField(null=True, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(digest_hour__isnull=True) | Q(digest_hour__lte=23),
                name="notice_digest_at_an_hour",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until"))),
                name="notice_quiet_hours_have_two_ends",
            ),
            models.CheckConstraint(
                condition=Q(digest_hour__isnull=True) | Q(quiet_from__isnull=True),
                name="notice_digest_or_quiet_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"Notice settings of {self.principal_id}"

    @property
    def in_words(self) -> dict[str, str]:
        """As the audit log keeps it."""
        when = "at once"
        if self.digest_hour is not None:
            when = f"daily at {self.digest_hour:02}:00"
        elif self.quiet_from is not None:
            when = f"not from {self.quiet_from:%H:%M} until {self.quiet_until:%H:%M}"
        return {"inbox_only": ", ".join(sorted(self.inbox_only)), "mail": when}
