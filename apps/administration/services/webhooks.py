"""Webhooks: add, change, pause and delete them, and let them be told again.

Where one leads is for Global Administrators to know. Its address may hold a token: of it the audit log names
the host alone, and of its secret nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.access_requests.asks import Actor
from apps.administration.policy.installation import can_set_up
from apps.administration.policy.webhooks import (
    NAME_TAKEN,
    can_add,
    can_be_called,
    can_send_again,
    can_send_test,
)
from apps.administration.selectors.keepers import keeper_of
from apps.administration.selectors.webhooks import is_taken
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party
from apps.common.decision import Decision, together
from apps.common.encryption import seal
from apps.common.errors import Conflict
from apps.common.lookup import find
from apps.common.once import first_of_two
from apps.common.text import one_line
from apps.notifications.messages import Message, NoticeEvent
from apps.notifications.models import Webhook, WebhookDelivery
from apps.notifications.webhooks.announcing import delivery_of
from apps.notifications.webhooks.policy import require_possible, target_of
from apps.notifications.webhooks.signing import make_secret

LONGEST_NAME = 120
Row = TypeVar("Row", Webhook, WebhookDelivery)


@transaction.atomic
def add_webhook(
    *, name: str, url: str, events: Sequence[NoticeEvent], actor: Actor, now: datetime
) -> tuple[Webhook, bytes]:
    """A webhook that is told from now on, and its secret, to be shown this once. Without `events` it is told
    of all. Raises `Invalid` for an address that no webhook may have."""
    name = one_line(name, LONGEST_NAME)
    together(
        can_add(actor.access, count=Webhook.objects.count()),
        can_be_called(is_taken=is_taken(name)),
        keeper_of(actor, now=now).proven(),
    ).require()
    require_possible(url, settings.WEBHOOK_NETWORKS)
    secret = make_secret()
    webhook = Webhook(
        name=name,
        url=url,
        sealed_secret=seal(secret),
        events=list(events),
        created_at=now,
        created_by=one_line(actor.party.name, LONGEST_NAME),
    )
    with first_of_two(Conflict(NAME_TAKEN)):
        webhook.save(force_insert=True)
    _record(AuditAction.WEBHOOK_ADDED, webhook, actor, now, host=_host(url), events=webhook.events)
    return webhook, secret


@transaction.atomic
def change_webhook(
    webhook_id: UUID, *, name: str, url: str, events: Sequence[NoticeEvent], actor: Actor, now: datetime
) -> Webhook:
    """What waits is sent to the new address too."""
    webhook, name = _locked(webhook_id, actor, now), one_line(name, LONGEST_NAME)
    can_be_called(is_taken=is_taken(name, but=webhook)).require()
    require_possible(url, settings.WEBHOOK_NETWORKS)
    before, host = _columns(webhook), _host(webhook.url)
    webhook.name, webhook.url, webhook.events = name, url, list(events)
    if _columns(webhook) == before:
        return webhook
    with first_of_two(Conflict(NAME_TAKEN)):
        webhook.save(update_fields=["name", "url", "events"])
    _record(AuditAction.WEBHOOK_CHANGED, webhook, actor, now, host=[host, _host(url)], events=webhook.events)
    return webhook


@transaction.atomic
def renew_secret(webhook_id: UUID, *, actor: Actor, now: datetime) -> tuple[Webhook, bytes]:
    """A new secret, to be shown this once. What is sent from now on is signed with it, what waits too."""
    webhook, secret = _locked(webhook_id, actor, now), make_secret()
    webhook.sealed_secret = seal(secret)
    webhook.save(update_fields=["sealed_secret"])
    _record(AuditAction.WEBHOOK_SECRET_MADE, webhook, actor, now)
    return webhook, secret


@transaction.atomic
def pause_webhook(webhook_id: UUID, *, actor: Actor, now: datetime) -> Webhook:
    """It is told nothing of what happens from now on; what waits already, waits for it to be resumed."""
    return _switch(webhook_id, AuditAction.WEBHOOK_PAUSED, actor, now, is_enabled=False)


@transaction.atomic
def resume_webhook(webhook_id: UUID, *, actor: Actor, now: datetime) -> Webhook:
    return _switch(webhook_id, AuditAction.WEBHOOK_RESUMED, actor, now, is_enabled=True)


@transaction.atomic
def delete_webhook(webhook_id: UUID, *, actor: Actor, now: datetime) -> Webhook:
    """With the log of what it was told."""
    webhook = _locked(webhook_id, actor, now)
    Webhook.objects.filter(pk=webhook.pk).delete()
    _record(AuditAction.WEBHOOK_DELETED, webhook, actor, now, host=_host(webhook.url))
    return webhook


@transaction.atomic
def send_test(webhook_id: UUID, *, actor: Actor, now: datetime) -> Webhook:
    """Tell it something that did not happen, whatever it wants to hear of. At most once a second."""
    _may_administer(actor, now).require()
    webhook = _there(find(Webhook.objects.all(), webhook_id))
    can_send_test(webhook).require()
    message = Message(
        NoticeEvent.TEST_WEBHOOK,
        "PIM: Test",
        f"{actor.party.name} tries whether {webhook.name} is told what happens.",
        link="",
    )
    told = delivery_of(webhook, f"test:{now:%Y-%m-%dT%H:%M:%S}", message, now)
    WebhookDelivery.objects.bulk_create([told], ignore_conflicts=True)
    _record(AuditAction.WEBHOOK_TESTED, webhook, actor, now)
    return webhook


@transaction.atomic
def send_again(delivery_id: UUID, *, actor: Actor, now: datetime) -> WebhookDelivery:
    """The same once more, under the same id. Raises `Conflict` where somebody was faster."""
    _may_administer(actor, now).require()
    delivery = _there(find(WebhookDelivery.objects.select_related("webhook"), delivery_id))
    together(can_send_test(delivery.webhook), can_send_again(delivery)).require()
    rested = WebhookDelivery.objects.filter(pk=delivery.pk, next_try_at__isnull=True)
    queued = WebhookDelivery.State.QUEUED
    if not rested.update(
        state=queued, attempts=0, queued_at=now, next_try_at=now, sent_at=None, failed_at=None
    ):
        raise Conflict("It is being sent already.")
    _record(AuditAction.WEBHOOK_SENT_AGAIN, delivery.webhook, actor, now, delivery=delivery.message_id)
    return delivery


def _switch(
    webhook_id: UUID, action: AuditAction, actor: Actor, now: datetime, *, is_enabled: bool
) -> Webhook:
    webhook = _locked(webhook_id, actor, now)
    if webhook.is_enabled != is_enabled:
        webhook.is_enabled = is_enabled
        webhook.save(update_fields=["is_enabled"])
        _record(action, webhook, actor, now)
    return webhook


def _locked(webhook_id: UUID, actor: Actor, now: datetime) -> Webhook:
    """The row, for whoever may change it."""
    _may_administer(actor, now).require()
    return _there(find(Webhook.objects.select_for_update(), webhook_id))


def _may_administer(actor: Actor, now: datetime) -> Decision:
    return together(can_set_up(actor.access), keeper_of(actor, now=now).proven())


def _there(row: Row | None) -> Row:
    if row is None:
        raise Conflict("This webhook has been deleted.")
    return row


def _columns(webhook: Webhook) -> tuple[object, ...]:
    return webhook.name, webhook.url, webhook.events


def _host(url: str) -> str:
    return target_of(url).host


def _record(action: AuditAction, webhook: Webhook, actor: Actor, now: datetime, **details: object) -> None:
    target = Party("webhook", str(webhook.pk), webhook.name)
    record(action, actor=actor.party, at=now, target=target, details=details)
