"""Reads of the inbox and of the mail it stands for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from apps.common.paging import Column, Page, newest_first, page_of
from apps.common.prepared import prepared, prepared_part
from apps.notifications.models import Notice, NoticePreferences

_NEWEST = newest_first("created_at")
# The word stands in the address of the next page, so it is read back by these two alone.
_UNREAD_FIRST = (Column("was_read", {"True": True, "False": False}.__getitem__), *_NEWEST)


def unread(principal_id: UUID) -> QuerySet[Notice]:
    """What the number at the bell in the top bar counts."""
    return Notice.objects.inbox_of(principal_id).unread()


counted_unread = prepared_part(unread)


def inbox(principal_id: UUID, *, after: str = "") -> Page[Notice]:
    """One page of a person's notices, unread ones first, then newest first; in one query."""
    was_read = ExpressionWrapper(Q(read_at__isnull=False), output_field=BooleanField())
    notices = Notice.objects.inbox_of(principal_id).annotate(was_read=was_read)
    return page_of(notices, _UNREAD_FIRST, after=after)


def preferences_of(people: Iterable[UUID | None]) -> dict[UUID | None, NoticePreferences]:
    """What those of them chose about their mail who chose anything, in at most one query."""
    ids = {person for person in people if person is not None}
    return {row.principal_id: row for row in _chosen_by(tuple(ids))}


@prepared
def _chosen_by(people: tuple[UUID, ...]) -> QuerySet[NoticePreferences]:
    return NoticePreferences.objects.filter(principal_id__in=people)


def preferences(principal_id: UUID) -> NoticePreferences:
    """What this person chose about their mail; whoever chose nothing gets everything at once."""
    return preferences_of([principal_id]).get(principal_id) or NoticePreferences(principal_id=principal_id)


def recipients_of(keys: Collection[str]) -> set[UUID | None]:
    """Who has been told of these events."""
    return set(Notice.objects.filter(key__in=keys).values_list("recipient_id", flat=True))


def mailbox(*, after: str = "") -> Page[Notice]:
    """One page of everybody's mail, newest first. Only the demo shows it."""
    return page_of(Notice.objects.all(), _NEWEST, after=after)
