"""One wish, put through each way in. What one way does is undone before the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from apps.accounts.models import User
from apps.common.decision import Refusal
from apps.common.errors import DomainError, NotAllowed
from tests.access_requests.pages import code_of

# What a form calls what the rules call otherwise.
_FIELDS = {"end": "ends_at", "principals": "principal"}


@dataclass(frozen=True)
class Answer:
    """What became of a wish: who refuses it, if anybody does, and all that it might have changed."""

    refusals: tuple[Refusal, ...]
    left: Any


def tried(way: Callable[[], Sequence[Refusal]], look: Callable[[], Any]) -> Answer:
    """What a way says and leaves behind; nothing of it stays."""
    with transaction.atomic():
        answer = Answer(tuple(way()), look())
        transaction.set_rollback(True)
    return answer


def refusals_of(command: Callable[[], object]) -> Sequence[Refusal]:
    """What refuses a command; nothing when it was done."""
    try:
        with transaction.atomic():
            command()
    except NotAllowed as refusal:
        return refusal.refusals
    except DomainError as error:
        return [Refusal(type(error).__name__, str(error))]
    return []


class Browser:
    """Somebody signed in whose second factor counts for the next minutes."""

    def __init__(self, user: User) -> None:
        self._client = Client()
        self._client.force_login(user)
        self._client.post(reverse("accounts:recovery_codes"), {"code": code_of(user)})

    def get(self, url: str) -> HttpResponse:
        return self._client.get(url)

    def post(self, url: str, data: dict[str, Any]) -> HttpResponse:
        """As the first thing they do: no message of an earlier answer is shown."""
        self._client.cookies.pop("messages", None)
        return self._client.post(url, data)


def refusals_on(response: HttpResponse, expected: Sequence[Refusal]) -> Sequence[Refusal]:
    """Those that a page refuses with: as expected where it says just that, or where its form, which looks
    ahead in words of its own, refuses at no other field than the rules do."""
    if response.status_code == 302:
        return []
    if response.status_code in {403, 404}:
        return [Refusal("AdminRequestRule", "This page is not theirs.")]
    text = response.content.decode()
    said = [refusal for refusal in expected if str(escape(refusal.reason)) in text]
    wrong = {_FIELDS.get(field, field) for field in response.context["form"].errors}
    looks_ahead = response.status_code == 400 and wrong <= {refusal.field for refusal in expected}
    return expected if looks_ahead else said or [Refusal("Page", str(wrong))]
