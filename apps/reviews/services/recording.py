"""How a round moves from state to state, and how reviews are told of in the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.audit import services as audit
from apps.audit.vocabulary import NOWHERE, AuditAction, Party, Place
from apps.common.errors import Conflict
from apps.common.transition import next_state
from apps.reviews.models import Item, Review, Round
from apps.reviews.states import TRANSITIONS, RoundState, Step


def move(round_: Round, step: Step, **columns: Any) -> None:
    """Take a round to its next state, once, and from the beginning of its rows: whoever comes second finds it
    moved. Raises `Conflict`."""
    columns |= {"state": next_state(TRANSITIONS, RoundState(round_.state), step), "cursor": None}
    unmoved = Round.objects.filter(pk=round_.pk, state=round_.state, stage=round_.stage)
    if not unmoved.update(**columns):
        raise Conflict("Somebody was faster. This round has changed meanwhile.")
    for name, value in columns.items():
        setattr(round_, name, value)


def record(action: AuditAction, review: Review, *, by: Party, now: datetime, **details: Any) -> None:
    """One event about a review as a whole, which happens where its access is held."""
    audit.record(action, actor=by, at=now, target=review.party, place=_place_of(review), details=details)


def record_round(action: AuditAction, round_: Round, *, by: Party, now: datetime, **details: Any) -> None:
    record(action, round_.review, by=by, now=now, round=str(round_.id), number=round_.number, **details)


def about(item: Item) -> dict[str, Any]:
    """An event about one line: whose access, which role and where. The review and its round are details."""
    return {
        "target": item.principal.party,
        "role": item.role_name,
        "place": item.resource.place,
    }


def _place_of(review: Review) -> Place:
    """The one resource that it is about; of several the directory, as for everything without one."""
    places = {scope.resource.place for scope in review.scopes.select_related("resource")[:2]}
    return places.pop() if len(places) == 1 else NOWHERE
