"""The tables of notices and of what is told to other systems."""

from apps.notifications.models.notices import Notice, NoticeQuerySet

__all__ = ["Notice", "NoticeQuerySet"]
