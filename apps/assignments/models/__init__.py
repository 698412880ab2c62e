"""The tables of who holds what."""

from apps.assignments.models.assignments import ENDED_BY_LIMIT, Assignment, AssignmentQuerySet

__all__ = ["ENDED_BY_LIMIT", "Assignment", "AssignmentQuerySet"]
