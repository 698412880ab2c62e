"""How far those have read who take the log along as it is sealed."""

from __future__ import annotations

from django.db import models


class Cursor(models.Model):
    """One reader, by a name of its own: the last place it was handed."""

    name = models.CharField(max_length=40, primary_key=True)
    sequence = models.PositiveBigIntegerField(default=0)
    moved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.sequence}"
