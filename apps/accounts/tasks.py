"""Housekeeping of sign-in. Nothing depends on when, or whether, it runs."""

from __future__ import annotations

from django.utils import timezone

from apps.accounts.services import attempts
from apps.accounts.sessions import SessionStore


def tidy() -> None:
    attempts.forget_failures(now=timezone.now())
    SessionStore.clear_expired()
