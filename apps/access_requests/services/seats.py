"""Who decides in access reviews, as far as it gives power. Reviews, which lie above, say it here."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from apps.access_requests.models import ReviewSeat

Seat = tuple[UUID | None, UUID, UUID]  # principal, or nothing for all managers; role; resource


@transaction.atomic(savepoint=False)
def set_review_seats(*, source_id: UUID, name: str, seats: Iterable[Seat]) -> None:
    """From now on a review has exactly these seats; without any, it gives nobody power any more. The caller
    holds the lock on the review, and calls this in the transaction of what it says."""
    ReviewSeat.objects.filter(source_id=source_id).delete()
    add_review_seats(source_id=source_id, name=name, seats=seats)


def add_review_seats(*, source_id: UUID, name: str, seats: Iterable[Seat]) -> None:
    """These besides those that the review has. Whoever says so needs no lock: what is there stays."""
    ReviewSeat.objects.bulk_create(
        (
            ReviewSeat(
                source_id=source_id,
                source_name=name,
                principal_id=principal_id,
                role_id=role_id,
                resource_id=resource_id,
            )
            for principal_id, role_id, resource_id in set(seats)
        ),
        ignore_conflicts=True,
    )
