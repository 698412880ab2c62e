"""Webhooks, for Global Administrators: the list, one with the log of what it was told, what changes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from apps.access_requests.web import actor_of
from apps.accounts.web import ConfirmForm, fresh_until
from apps.administration.forms.webhooks import WebhookForm
from apps.administration.policy.installation import can_set_up
from apps.administration.policy.webhooks import can_add, can_send_again, can_send_test
from apps.administration.selectors.webhooks import deliveries_of, webhooks
from apps.administration.services.webhooks import (
    add_webhook,
    change_webhook,
    delete_webhook,
    pause_webhook,
    renew_secret,
    resume_webhook,
    send_again,
    send_test,
)
from apps.common.decision import Decision
from apps.common.web.forms import form_page, sent
from apps.notifications.models import Webhook, WebhookDelivery
from apps.notifications.webhooks.signing import shown


@dataclass(frozen=True)
class Line:
    """One row of the log."""

    delivery: WebhookDelivery
    can_send_again: Decision


@require_safe
def webhook_list(request: HttpRequest) -> HttpResponse:
    can_set_up(request.access).require()
    rows = list(webhooks())
    context = {"webhooks": rows, "can_add": can_add(request.access, count=len(rows))}
    return render(request, "administration/webhooks.html", context)


@require_safe
def webhook(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _found(request, pk)
    page, can_test = deliveries_of(row, after=request.GET.get("after", "")), can_send_test(row)
    lines = [Line(each, can_test and can_send_again(each)) for each in page.rows]
    context = {"webhook": row, "page": page, "lines": lines, "can_test": can_test}
    return render(request, "administration/webhook.html", context)


@sensitive_post_parameters("code")
@form_page
def add(request: HttpRequest) -> HttpResponse:
    """The answer shows the secret, this once: it is in no message and no session."""
    can_add(request.access, count=Webhook.objects.count()).require()
    form = WebhookForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            row, secret = add_webhook(
                **form.facts, actor=actor_of(request, form.second_factor), now=request.now
            )
            return _secret_page(request, row, secret)
    return _form_page(request, "webhook_add", form)


@form_page
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _found(request, pk)
    initial = {"name": row.name, "url": row.url, "events": row.events}
    form = WebhookForm(sent(request), request=request, initial=initial)
    if form.is_valid():
        with form.taking_refusals():
            change_webhook(row.pk, **form.facts, actor=actor_of(request, form.second_factor), now=request.now)
            messages.success(request, "Saved.")
            return redirect(row)
    return _form_page(request, "webhook_change", form, webhook=row)


@sensitive_post_parameters("code")
@form_page
def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """As `add`: the answer shows the new secret."""
    row, form = _found(request, pk), ConfirmForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            row, secret = renew_secret(row.pk, actor=actor_of(request, form.second_factor), now=request.now)
            return _secret_page(request, row, secret)
    return _form_page(request, "webhook_secret", form, webhook=row)


@form_page
def pause(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _confirm(request, _found(request, pk), "webhook_pause", pause_webhook, "is paused")


@form_page
def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _confirm(
        request, _found(request, pk), "webhook_resume", resume_webhook, "is told again what happens"
    )


@form_page
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    row, then = _found(request, pk), "administration:webhooks"
    return _confirm(request, row, "webhook_delete", delete_webhook, "is deleted", then=then)


@form_page
def test(request: HttpRequest, pk: UUID) -> HttpResponse:
    said = "is sent a test. The log says what becomes of it"
    return _confirm(request, _found(request, pk), "webhook_test", send_test, said)


@form_page
def send_delivery_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    can_set_up(request.access).require()
    told = get_object_or_404(WebhookDelivery.objects.select_related("webhook"), pk=pk)
    return _confirm(
        request, told.webhook, "webhook_send_again", send_again, "is told the same once more", delivery=told
    )


# ---- Parts -------------------------------------------------------------------------------------------------


def _found(request: HttpRequest, pk: UUID) -> Webhook:
    can_set_up(request.access).require()
    return get_object_or_404(Webhook, pk=pk)


def _confirm(
    request: HttpRequest,
    row: Webhook,
    page: str,
    command: Callable[..., object],
    said: str,
    *,
    delivery: WebhookDelivery | None = None,
    then: str = "",
) -> HttpResponse:
    """Asks for the second factor, and does it: to the webhook, or to something that it was told."""
    form = ConfirmForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            actor = actor_of(request, form.second_factor)
            command((delivery or row).pk, actor=actor, now=request.now)
            messages.success(request, f"{row.name} {said}.")
            return redirect(then or row)
    return _form_page(request, page, form, webhook=row, delivery=delivery)


def _form_page(request: HttpRequest, name: str, form: ConfirmForm, **more: Any) -> HttpResponse:
    context = {"form": form, "fresh_until": fresh_until(request), **more}
    return render(request, f"administration/{name}.html", context, status=form.status)


def _secret_page(request: HttpRequest, row: Webhook, secret: bytes) -> HttpResponse:
    context = {"webhook": row, "secret": shown(secret)}
    return render(request, "administration/webhook_secret_made.html", context)
