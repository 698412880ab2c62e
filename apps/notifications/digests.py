"""The daily digest: one mail made from the notices that wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from apps.common.isolation import each_on_its_own
from apps.common.origin import origin_now
from apps.common.text import counted
from apps.notifications.messages import Button, NoticeEvent
from apps.notifications.models import Notice, NoticePreferences

LISTED = 50  # the inbox has the rest
_AT_ONCE = 1000  # what one digest takes; should there be more, another follows


def gather_digests(*, now: datetime) -> int:
    """Write the digest of everybody whose hour has come, each for themself. Answers how many were looked at.

    A digest is a row like any other mail, written together with what it takes from those that waited: whoever
    is killed in between has done both or neither. Nothing is lost, and a mail sent twice has one Message-ID.
    """
    people = Notice.objects.for_digest(now).values_list("recipient_id", flat=True).order_by().distinct()
    return each_on_its_own(list(people), lambda person: _gather(person, now), what="Daily digest")


@transaction.atomic
def _gather(principal_id: UUID, now: datetime) -> bool:
    """Everything that waits for this person, also what came after the hour. What they have read meanwhile is
    not told again, and where that is all there is no mail."""
    NoticePreferences.objects.select_for_update().filter(principal_id=principal_id).first()
    waiting = Notice.objects.inbox_of(principal_id).filter(state=Notice.State.DIGEST)
    taken = list(waiting.order_by("-created_at", "id")[:_AT_ONCE])
    waiting.filter(pk__in=[notice.pk for notice in taken]).update(
        state=Notice.State.GATHERED, next_try_at=None
    )
    if unread := [notice for notice in taken if not notice.is_read]:
        _digest_of(unread, now).save(force_insert=True)
    return bool(unread)


def _digest_of(notices: Sequence[Notice], now: datetime) -> Notice:
    """The mail, to the address that was told last. It belongs to nobody's inbox."""
    latest, more = notices[0], len(notices) - LISTED
    inbox = reverse("notifications:inbox")
    rest = f" There are {more:,} more." if more > 0 else ""
    return Notice(
        key=f"digest:{latest.recipient_id}:{now.isoformat()}",
        address=latest.address,
        recipient_name=latest.recipient_name,
        event=NoticeEvent.DAILY_DIGEST,
        subject=f"PIM: Daily digest, {counted(len(notices), 'notice')}",
        text=f"What you have not read yet, the latest first. All of it stands in your inbox.{rest}",
        link=inbox,
        facts=[[notice.event_label, notice.subject.removeprefix("PIM: ")] for notice in notices[:LISTED]],
        buttons=[asdict(Button("Open inbox", inbox))],
        created_at=now,
        trace_id=origin_now().trace_id,
        next_try_at=now,
    )
