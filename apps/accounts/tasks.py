"""Housekeeping of sign-in and second factors. Nothing depends on when, or whether, it runs."""

from __future__ import annotations

from django.utils import timezone

from apps.accounts.services import attempts, enrolment
from apps.accounts.sessions import SessionStore


def tidy() -> None:
    now = timezone.now()
    attempts.forget_failures(now=now)
    enrolment.forget_unfinished(now=now)
    SessionStore.clear_expired()
