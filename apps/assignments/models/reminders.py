"""How far each kind of reminder has come."""

from __future__ import annotations

from datetime import datetime

from django.db import models


class ReminderProgress(models.Model):
    """Until which instant a kind of reminder has been sent. It spares looking again at what was told; that
    nobody is told twice lies in the keys of the notices."""

    name = models.CharField(primary_key=True, max_length=32)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.until.isoformat()}"

    @classmethod
    def since(cls, name: str, *, first: datetime, latest: datetime) -> datetime:
        """Where to go on: at `first` the very first time, and never after `latest`, also where the clock was
        wrong before."""
        row = cls.objects.filter(pk=name).first()
        return min(row.until, latest) if row else first

    @classmethod
    def note(cls, name: str, until: datetime) -> None:
        row = cls(name=name, until=until)
        cls.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=["until"])
