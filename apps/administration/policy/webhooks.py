"""What a Global Administrator may do with webhooks. Pure."""

from __future__ import annotations

from apps.administration.policy.installation import can_set_up
from apps.common.access import Access
from apps.common.decision import ALLOWED, Decision, denied
from apps.notifications.models import Webhook, WebhookDelivery

AT_MOST = 20  # each is told in the transaction of the change
NAME_TAKEN = "Another webhook has this name."


def can_add(access: Access, *, count: int) -> Decision:
    """`count`: how many there are."""
    if not (decision := can_set_up(access)):
        return decision
    return (
        ALLOWED
        if count < AT_MOST
        else denied("LimitRule", f"There are {AT_MOST} webhooks, the most there can be.")
    )


def can_be_called(*, is_taken: bool) -> Decision:
    """`is_taken`: another one has the name."""
    return denied("NameRule", NAME_TAKEN, "name") if is_taken else ALLOWED


def can_send_test(webhook: Webhook) -> Decision:
    return ALLOWED if webhook.is_enabled else denied("StateRule", "It is paused. Resume it first.")


def can_send_again(delivery: WebhookDelivery) -> Decision:
    """Not while it waits to be sent anyway."""
    if delivery.next_try_at is None:
        return ALLOWED
    return denied("StateRule", "It is being sent already.")
