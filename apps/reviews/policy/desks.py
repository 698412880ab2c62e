"""Whose a desk is, in words. Pure."""

from __future__ import annotations

from django.db.models import TextChoices


class DeskKind(TextChoices):
    """What makes people reviewers there: the first part of a desk's key."""

    SELECTED = "selected", "Selected reviewers"
    MANAGER = "manager", "Manager of the holders"
    OWNERS = "owners", "Owners"
    HOLDER = "holder", "Their own access"
    FALLBACK = "fallback", "Fallback reviewers"


def kind_of(key: str) -> DeskKind:
    return DeskKind(key.partition(":")[0])
