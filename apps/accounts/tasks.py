"""Housekeeping of sign-in. Nothing depends on when, or whether, it runs."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from apps.accounts.services import attempts


def tidy() -> None:
    attempts.forget_failures(now=timezone.now())
    SessionStore.clear_expired()
