"""What is left of a review once nobody can restore it: the audit log, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.common.isolation import each_on_its_own
from apps.reviews.models import Item, Review, Round
from apps.reviews.policy.keeping import DELETED_KEPT_DAYS
from apps.reviews.services.setting_up import locked


def forget_reviews(*, now: datetime) -> int:
    """Delete those that were deleted 30 days ago, with their rounds, lines and decisions, each for itself.
    Answers how many."""
    over = Review.objects.filter(deleted_at__lte=now - timedelta(days=DELETED_KEPT_DAYS))
    return each_on_its_own(list(over), lambda review: _forget(review, now), what="Deleted review forgotten")


@transaction.atomic
def _forget(review: Review, now: datetime) -> bool:
    review = locked(review.pk)
    if review.deleted_at is None or review.deleted_at > now - timedelta(days=DELETED_KEPT_DAYS):
        return False  # somebody has just restored it
    Item.objects.filter(round__review=review).delete()  # before the desks on which they lie
    Round.objects.filter(review=review).delete()
    review.delete()
    return True
