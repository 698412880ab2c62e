"""What alerts have found, how they are set, and when they looked."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from apps.audit.models import NAME_LIMIT
from apps.audit.vocabulary import Party, Place
from apps.common.access import Access, Permission, Provider
from apps.roles.models import Resource, where_permitted, where_within


class FindingQuerySet(models.QuerySet["Finding"]):
    def present(self) -> FindingQuerySet:
        """What was there when its rule looked last, dismissed or not."""
        return self.filter(mended_at__isnull=True)

    def open(self, now: datetime) -> FindingQuerySet:
        """What counts: there, and not dismissed for now."""
        return self.present().exclude(_dismissed(now))

    def dismissed(self, now: datetime) -> FindingQuerySet:
        return self.present().filter(_dismissed(now))

    def mended(self) -> FindingQuerySet:
        return self.filter(mended_at__isnull=False)

    def of(self, rule: str) -> FindingQuerySet:
        return self.filter(rule=rule)

    def within(self, provider: str, path: str = "") -> FindingQuerySet:
        """Of this provider, on the resource with this path or below it. What is empty leaves nothing out."""
        return self.filter(where_within(provider, path, prefix=""))

    def visible_to(self, access: Access) -> FindingQuerySet:
        """Those that lie where one may see alerts."""
        return self.filter(where_permitted(access, Permission.ALERTS_READ, prefix=""))


def _dismissed(now: datetime) -> Q:
    return Q(dismissed_at__isnull=False) & (Q(dismissed_until__isnull=True) | Q(dismissed_until__gt=now))


class Finding(models.Model):
    """One thing that a rule found and still finds, or found until it was mended. Names and the path are text,
    as they were when it was looked at last."""

    class End(models.TextChoices):
        GONE = "gone", "No longer found"
        OFF = "off", "Alert turned off"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.CharField(max_length=40)  # of `policy.catalogue`; no choices: rules need no migration
    key = models.CharField(max_length=200)
    provider = models.CharField(max_length=16, choices=Provider.choices)
    path = models.TextField()
    place_name = models.CharField(max_length=NAME_LIMIT, blank=True)
    about_kind = models.CharField(max_length=16, blank=True)
    about_id = models.CharField(max_length=64, blank=True)
    about_name = models.CharField(max_length=NAME_LIMIT, blank=True)
    role = models.CharField(max_length=NAME_LIMIT, blank=True)
    text = models.TextField()
    ids = models.JSONField(default=dict, blank=True)
    found_at = models.DateTimeField()
    mended_at = models.DateTimeField(null=True, blank=True)
    mended_how = models.CharField(max_length=8, choices=End.choices, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_until = models.DateTimeField(null=True, blank=True)  # empty: until it is taken back
    dismissed_by = models.CharField(max_length=NAME_LIMIT, blank=True)
    dismissed_why = models.TextField(blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["rule", "found_at"], name="finding_rule"),
            # The operator class lets PostgreSQL answer a prefix test whatever its collation is.
            models.Index(
                fields=["path"],
                opclasses=["text_pattern_ops"],
                condition=Q(mended_at__isnull=True),
                name="finding_path",
            ),
            models.Index(fields=["mended_at"], name="finding_mended"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "key"], condition=Q(mended_at__isnull=True), name="finding_once"
            ),
            models.CheckConstraint(
                condition=Q(mended_at__isnull=True, mended_how="")
                | (Q(mended_at__isnull=False) & ~Q(mended_how="")),
                name="finding_mended_says_how",
            ),
            models.CheckConstraint(
                condition=Q(dismissed_at__isnull=True, dismissed_until__isnull=True, dismissed_why="")
                | (Q(dismissed_at__isnull=False) & ~Q(dismissed_why="")),
                name="finding_dismissed_says_why",
            ),
            models.CheckConstraint(
                condition=Q(dismissed_until__isnull=True) | Q(dismissed_until__gt=F("dismissed_at")),
                name="finding_dismissed_for_a_while",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def place(self) -> Place:
        return Place(self.provider, self.path, self.place_name)

    @property
    def about(self) -> Party:
        return Party(self.about_kind, self.about_id, self.about_name)


class AlertSettings(models.Model):
    """How one rule is set on a resource and below it; without a resource, for all of the provider."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.CharField(max_length=40)
    provider = models.CharField(max_length=16, choices=Provider.choices)
    resource = models.ForeignKey(
        Resource, null=True, blank=True, on_delete=models.PROTECT, related_name="alert_settings"
    )
    is_on = models.BooleanField(default=True)
    tells = models.BooleanField(default=True)  # admins by mail, when something is found
    values = models.JSONField(default=dict, blank=True)  # by threshold
    modified_at = models.DateTimeField()
    modified_by = models.CharField(max_length=NAME_LIMIT)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "provider"],
                condition=Q(resource__isnull=True),
                name="alert_settings_one_per_provider",
            ),
            models.UniqueConstraint(fields=["rule", "resource"], name="alert_settings_one_per_resource"),
        ]

    def __str__(self) -> str:
        return f"Settings of {self.rule}"


class Scan(models.Model):
    """One look at everything, or at some of the rules, one after another."""

    class Why(models.TextChoices):
        DAILY = "daily", "Daily"
        ASKED = "asked", "Asked for"
        CHANGED = "changed", "Something was changed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_at = models.DateTimeField()
    why = models.CharField(max_length=8, choices=Why.choices)
    asked_by = models.CharField(max_length=NAME_LIMIT, blank=True)
    rules = models.JSONField()  # the ids of those to look at, in order
    done = models.PositiveSmallIntegerField(default=0)  # how many of them have been looked at
    tries = models.PositiveSmallIntegerField(default=0)  # begun with the next one; several where workers died
    leased_until = models.DateTimeField(null=True, blank=True)  # until then one worker is at it
    found = models.PositiveIntegerField(default=0)
    mended = models.PositiveIntegerField(default=0)
    is_running = models.BooleanField(default=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="scan_asked")]
        constraints = [
            models.UniqueConstraint(
                fields=["is_running"], condition=Q(is_running=True), name="scan_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(is_running=True, finished_at__isnull=True)
                | Q(is_running=False, finished_at__isnull=False),
                name="scan_finished_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Scan of {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def total(self) -> int:
        return len(self.rules)


class Look(models.Model):
    """When a rule was looked at last, and whether it could be."""

    rule = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    failed = models.BooleanField(default=False)  # the log says why; what was found before stays

    def __str__(self) -> str:
        return f"{self.rule} at {self.at:%Y-%m-%d %H:%M}"
