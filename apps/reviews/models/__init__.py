"""What is reviewed (`Review`), each time it is (`Round`), its lines (`Item`), and what was said of them."""

from apps.reviews.models.lines import Decision, Item, ItemQuerySet
from apps.reviews.models.reviews import (
    MOST_INACTIVE_DAYS,
    MOST_STAGES,
    Review,
    Reviewer,
    ReviewQuerySet,
    ReviewScope,
    Stage,
)
from apps.reviews.models.rounds import Desk, Round, RoundQuerySet, Seat

__all__ = [
    "MOST_INACTIVE_DAYS",
    "MOST_STAGES",
    "Decision",
    "Desk",
    "Item",
    "ItemQuerySet",
    "Review",
    "ReviewQuerySet",
    "ReviewScope",
    "Reviewer",
    "Round",
    "RoundQuerySet",
    "Seat",
    "Stage",
]
