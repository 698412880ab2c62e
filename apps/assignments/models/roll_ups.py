"""What was held and used on each day: written by the night, read by the overviews."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.common.access import Access, Permission
from apps.roles.models import Resource, RoleDefinition, where_permitted, where_within


class DailyAccessQuerySet(models.QuerySet["DailyAccess"]):
    def visible_to(self, access: Access) -> DailyAccessQuerySet:
        """Those on resources where one may see who holds what."""
        return self.filter(where_permitted(access, Permission.ASSIGNMENTS_READ))

    def within(self, provider: str = "", path: str = "") -> DailyAccessQuerySet:
        """Those of one provider, or on the resource with this path and below it."""
        return self.filter(where_within(provider, path))


class CountedDay(models.Model):
    """A day in UTC of which `DailyAccess` holds everything."""

    day = models.DateField(primary_key=True)

    def __str__(self) -> str:
        return str(self.day)


class DailyAccess(models.Model):
    """One role on one resource, on one day in UTC. A day on which nobody held it has no row.

    Rows of assignments are counted, not people: what a group holds counts once, however many are in it, and
    what a disabled person holds counts too: it is back when they are enabled.
    """

    day = models.DateField()
    role = models.ForeignKey(RoleDefinition, on_delete=models.CASCADE, related_name="+")
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="+")
    # Of active access: what was assigned, and what was activated. Minutes of all rows together.
    standing_minutes = models.PositiveBigIntegerField()
    activated_minutes = models.PositiveBigIntegerField()
    activations = models.PositiveIntegerField()  # that began on this day
    # As the day ended. Active ones with an end, assigned or activated; permanent ones are active, too.
    eligible = models.PositiveIntegerField()
    active = models.PositiveIntegerField()
    permanent = models.PositiveIntegerField()

    objects = DailyAccessQuerySet.as_manager()

    class Meta:
        # All that a picture adds up stands in its index; most rows are of who is eligible only.
        indexes = [
            models.Index(
                fields=["day", "resource", "standing_minutes", "activated_minutes"],
                condition=Q(standing_minutes__gt=0) | Q(activated_minutes__gt=0),
                name="daily_access_hours",
            ),
            models.Index(
                fields=["day", "role", "resource", "activations"],
                condition=Q(activations__gt=0),
                name="daily_access_activations",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["day", "role", "resource"], name="daily_access_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.role_id} on {self.resource_id}"
