"""Commands on notices: tell somebody, and mark as read. Sending is `delivery`."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party
from apps.common.commands import at_the_end, write_what_is_left
from apps.common.origin import origin_now
from apps.common.prepared import prepared
from apps.common.text import one_line
from apps.common.writing import insert_unknown
from apps.notifications.messages import Message, Recipient
from apps.notifications.models import Notice, NoticePreferences, NoticeQuerySet, WebhookDelivery
from apps.notifications.policy import mail_of, next_digest
from apps.notifications.selectors import preferences_of
from apps.notifications.webhooks.announcing import announce

RECIPIENT_LIMIT = 1000  # per event, as in Entra
SUBJECT_LIMIT = 200
NAME_LIMIT = 120
FORGOTTEN_AT_ONCE = 500  # SQLite has one writer, and nobody should wait for it

Letter = tuple[Recipient, Message]
_Told = tuple[str, Recipient, Message, datetime]  # of which event, and when

log = logging.getLogger(__name__)


def notify(*, key: str, message: Message, recipients: Iterable[Recipient], now: datetime) -> None:
    """Tell each address once of the event `key`, and webhooks, all in the same words.

    Call it in the transaction of the change it tells of: it writes rows, mail goes out later. The same key
    again tells only those who have not been told, so a command that runs twice does no harm.
    """
    letters = ((recipient, message) for recipient in recipients)
    notify_each(key=key, letters=letters, announced=message, now=now)


def notify_each(*, key: str, letters: Iterable[Letter], announced: Message | None, now: datetime) -> None:
    """`notify`, with words of their own for each, and a mail when they chose to have it. It is written at the
    end of the command: four queries for all that it tells, however many.

    `announced` is what webhooks are told, once, however many letters there are or none: in UTC, and in words
    that do not speak to one of the recipients. `None` where other keys announce what happened.
    """
    if announced is not None:
        announce(key=key, message=announced, now=now)
    notify_many({key: letters}, now=now)


def notify_many(letters: Mapping[str, Iterable[Letter]], *, now: datetime) -> None:
    """The letters of many events, by their keys, of which webhooks hear nothing, such as reminders."""
    told = [(key, *letter, now) for key, each in letters.items() for letter in each]
    if told:
        at_the_end(_write_notices, *told)


@transaction.atomic(savepoint=False)
def _write_notices(letters: Iterable[_Told]) -> None:
    """Three queries, however many."""
    by_key: dict[str, list[_Told]] = defaultdict(list)
    for letter in letters:
        by_key[letter[0]].append(letter)
    told = _addresses_told(by_key)
    new = [letter for key, each in by_key.items() for letter in _not_told(key, each, told[key])]
    chosen = preferences_of(recipient.principal_id for _, recipient, *_ in new)
    insert_unknown([_notice(letter, chosen.get(letter[1].principal_id)) for letter in new])


@transaction.atomic
def change_preferences(
    *, principal_id: UUID, wanted: Mapping[str, Any], zone: tzinfo, actor: Party, now: datetime
) -> bool:
    """What this person chose about their mail, all of it, by the names of the columns; whether that changes
    anything. What waits for a digest goes with the next one, or now where there is none any more."""
    row, _ = NoticePreferences.objects.select_for_update().get_or_create(principal_id=principal_id)
    before = row.in_words
    for name, value in wanted.items():
        setattr(row, name, value)
    if row.in_words == before:
        return False
    row.save()
    due_at = now if row.digest_hour is None else next_digest(row.digest_hour, zone, now=now)
    Notice.objects.inbox_of(principal_id).filter(state=Notice.State.DIGEST).update(next_try_at=due_at)
    details = {"from": before, "to": row.in_words}
    record(AuditAction.NOTICE_SETTINGS_CHANGED, actor=actor, at=now, target=actor, details=details)
    return True


def take_back(keys: Iterable[str], *, principal_id: UUID | None = None) -> None:
    """Tell nobody, or one person nothing, of these events, which the transaction that is running has just
    written: another notice tells them of all together. Nobody has seen them yet."""
    write_what_is_left()
    notices = Notice.objects.filter(key__in=list(keys))
    (notices.inbox_of(principal_id) if principal_id else notices).delete()


@transaction.atomic
def send_again(notices: NoticeQuerySet, *, now: datetime) -> int:
    """Begin anew with those of them that failed, all attempts before them. What waits for the hour that its
    recipient chose is left alone. Answers how many they are."""
    return notices.failed_before().update(
        state=Notice.State.QUEUED, attempts=0, next_try_at=now, failed_at=None
    )


@transaction.atomic
def give_up_waiting(why: str, *, now: datetime) -> int:
    """Whatever waits to be mailed, or for a digest, or to be told to webhooks, is not any more; answers how
    many. It can be sent again."""
    failed = {"failed_at": now, "next_try_at": None, "trouble": why}
    mails = Notice.objects.filter(next_try_at__isnull=False)
    deliveries = WebhookDelivery.objects.to_send()
    return mails.update(state=Notice.State.FAILED, **failed) + deliveries.update(
        state=WebhookDelivery.State.FAILED, **failed
    )


@transaction.atomic
def forget_notices(*, now: datetime) -> int:
    """Delete a batch of those that are old, read or not; answers how many. What still waits to be mailed
    stays, and the statement that deletes asks for that again: somebody may just have it sent once more."""
    old = Notice.objects.over_before(now - timedelta(days=settings.NOTICE_DAYS))
    batch = list(old.order_by("created_at", "id").values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    return old.filter(pk__in=batch).delete()[0]


@transaction.atomic
def mark_read(*, notice: Notice, now: datetime) -> None:
    """Note when its recipient opened it first."""
    if Notice.objects.filter(id=notice.id).unread().update(read_at=now):
        notice.read_at = now


@transaction.atomic
def mark_all_read(*, principal_id: UUID, until: datetime, now: datetime) -> int:
    """Mark what came up to and including `until`: what arrived after the page was shown stays unread."""
    inbox = Notice.objects.inbox_of(principal_id).unread()
    return inbox.filter(created_at__lte=until).update(read_at=now)


def _addresses_told(keys: Iterable[str]) -> dict[str, set[str]]:
    """By the key of the event, who has been told of it."""
    found: dict[str, set[str]] = defaultdict(set)
    for key, address in _told_of(tuple(keys)):
        found[key].add(address.lower())
    return found


@prepared
def _told_of(keys: tuple[str, ...]) -> QuerySet[Notice, tuple[str, str]]:
    return Notice.objects.filter(key__in=keys).values_list("key", "address")


def _not_told(key: str, letters: Iterable[_Told], told: Collection[str]) -> Iterable[_Told]:
    """One recipient per address, whatever its case. One event may be told in several calls; beyond the
    limit of all of them nobody is told, and the log says so."""
    by_address: dict[str, _Told] = {}
    for letter in letters:
        address = letter[1].address.lower()
        if address not in told:
            by_address.setdefault(address, letter)
    room = RECIPIENT_LIMIT - len(told)
    if len(by_address) > room:
        log.warning("%s: %d recipients are not told; %d are.", key, len(by_address) - room, RECIPIENT_LIMIT)
    return islice(by_address.values(), room)


def _notice(letter: _Told, chosen: NoticePreferences | None) -> Notice:
    key, recipient, message, now = letter
    state, due_at = mail_of(message.event, chosen, recipient.zone, now=now)
    return Notice(
        key=key,
        address=recipient.address,
        recipient_id=recipient.principal_id,
        recipient_name=one_line(recipient.name, NAME_LIMIT),
        event=message.event,
        subject=one_line(message.subject, SUBJECT_LIMIT),
        text=message.text,
        link=message.link,
        facts=[list(fact) for fact in message.facts],
        buttons=[asdict(button) for button in message.buttons],
        created_at=now,
        trace_id=origin_now().trace_id,
        state=state,
        next_try_at=due_at,
    )
