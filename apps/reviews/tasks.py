"""The background entry points of reviews."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from apps.reviews.models import Round
from apps.reviews.services.running import run_reviews
from apps.reviews.services.tidying import forget_reviews

AT_MOST = timedelta(seconds=8)  # in one go; other jobs of the worker have their turn in between


def has_rounds(now: datetime) -> bool:
    """Whether one is due."""
    return Round.objects.due(now).exists()


def run() -> int:
    """Take what is due a step on. May run twice, may be killed anywhere; answers how many steps."""
    return run_reviews(clock=timezone.now, until=timezone.now() + AT_MOST)


def tidy() -> None:
    """Nothing depends on when, or whether, it runs."""
    forget_reviews(now=timezone.now())
