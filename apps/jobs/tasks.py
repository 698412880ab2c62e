"""Housekeeping of jobs. Nothing depends on when, or whether, it runs."""

from __future__ import annotations

from django.utils import timezone

from apps.jobs.services import forget_jobs


def tidy() -> None:
    forget_jobs(now=timezone.now())
