"""The machines whose workers share the work."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

SILENT_AFTER = timedelta(minutes=1)  # as its worker itself judges that: then it starts anew


class MachineQuerySet(models.QuerySet["Machine"]):
    def at_work(self, now: datetime) -> MachineQuerySet:
        return self.filter(worked_at__gt=now - SILENT_AFTER)


class Machine(models.Model):
    """One whose worker is at work, or was lately. It says so itself, by the clock of the database."""

    name = models.CharField(max_length=120, primary_key=True)
    worked_at = models.DateTimeField()  # when it last did some of the work
    clock_offset = models.DurationField()  # how far its own clock is ahead

    objects = MachineQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def is_at_work(self, now: datetime) -> bool:
        """As `at_work` finds it."""
        return self.worked_at > now - SILENT_AFTER
