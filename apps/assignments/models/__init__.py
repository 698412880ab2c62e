"""The tables of who holds what."""

from apps.assignments.models.assignments import ENDED_BY_LIMIT, Assignment, AssignmentQuerySet
from apps.assignments.models.reminders import ReminderProgress
from apps.assignments.models.roll_ups import CountedDay, DailyAccess, DailyAccessQuerySet

__all__ = [
    "ENDED_BY_LIMIT",
    "Assignment",
    "AssignmentQuerySet",
    "CountedDay",
    "DailyAccess",
    "DailyAccessQuerySet",
    "ReminderProgress",
]
