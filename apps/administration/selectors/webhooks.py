"""Webhooks, and what each was told."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery

from apps.common.paging import Page, newest_first, page_of
from apps.notifications.models import Webhook, WebhookDelivery

_NEWEST = newest_first("created_at")


def webhooks() -> QuerySet[Webhook]:
    """All, by name, each with `last_state` and `last_at` of what it was told last. One query."""
    last = WebhookDelivery.objects.filter(webhook=OuterRef("pk")).order_by("-created_at", "-id")
    return Webhook.objects.annotate(
        last_state=Subquery(last.values("state")[:1]), last_at=Subquery(last.values("created_at")[:1])
    ).order_by("name")


def deliveries_of(webhook: Webhook, *, after: str = "") -> Page[WebhookDelivery]:
    """One page of what it was told, newest first."""
    return page_of(webhook.deliveries.defer("body"), _NEWEST, after=after)


def is_taken(name: str, *, but: Webhook | None = None) -> bool:
    others = Webhook.objects.exclude(pk=but.pk) if but else Webhook.objects.all()
    return others.filter(name__iexact=name).exists()
