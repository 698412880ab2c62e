"""What is known of this installation as a whole."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

LONGEST_NAME = 120
THE_ONE = 1  # the id of the only row


class Installation(models.Model):
    """One row, and none before somebody begins to set the portal up. Of the set-up code only a keyed hash is
    kept, and only until it was used. `confirmed` holds, by a word, what administrators say they have done
    outside the portal: `{"backup": {"at": "…", "by": "…"}}`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE, editable=False)
    organisation = models.CharField(max_length=LONGEST_NAME, blank=True)
    setup_code = models.CharField(max_length=64, blank=True)
    set_up_at = models.DateTimeField(null=True, blank=True)
    confirmed = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=THE_ONE), name="installation_is_one"),
            models.CheckConstraint(
                condition=Q(set_up_at__isnull=True) | Q(setup_code=""),
                name="installation_code_dies_with_the_set_up",
            ),
        ]

    def __str__(self) -> str:
        return self.organisation
