"""How a round moves from state to state, and how reviews are told of in the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from apps.audit import services as audit
from apps.audit.vocabulary import NOWHERE, AuditAction, Party, Place
from apps.common.errors import Conflict
from apps.common.transition import next_state
from apps.reviews.models import Item, Review, Round
from apps.reviews.policy.terms import Terms
from apps.reviews.states import TRANSITIONS, RoundState, Step
from apps.roles.models import Resource

Row = TypeVar("Row", bound=Model)


def move(round_: Round, step: Step, **columns: Any) -> None:
    """Take a round to its next state, once, and from the beginning of its rows: whoever comes second finds it
    moved. Raises `Conflict`."""
    columns |= {"state": next_state(TRANSITIONS, RoundState(round_.state), step), "cursor": None}
    unmoved = Round.objects.filter(pk=round_.pk, state=round_.state, stage=round_.stage)
    if not unmoved.update(**columns):
        raise Conflict("Somebody was faster. This round has changed meanwhile.")
    for name, value in columns.items():
        setattr(round_, name, value)


def still(round_: Round) -> Round:
    """The same round as it is now; until the transaction ends nobody changes it, and nobody answers."""
    return Round.objects.select_for_update(no_key=True).get(pk=round_.pk)


def advance_cursor(round_: Round, last: Model) -> None:
    """Take a round behind the last of the rows that are to be worked on now, before they are: whoever comes
    second with the same rows does nothing. Raises `Conflict`, also where a keeper has changed it since."""
    unmoved = Round.objects.filter(
        pk=round_.pk,
        state=round_.state,
        stage=round_.stage,
        cursor=round_.cursor,
        looked_after_at=round_.looked_after_at,
    )
    if not unmoved.update(cursor=last.pk):
        raise Conflict("Another worker is busy with this round.")
    round_.cursor = last.pk


def behind_cursor(rows: QuerySet[Row], round_: Round, size: int) -> list[Row]:
    """The next of these rows that a worker has to do with."""
    if round_.cursor is not None:
        rows = rows.filter(pk__gt=round_.cursor)
    return list(rows.order_by("pk")[:size])


def record(action: AuditAction, review: Review, *, by: Party, now: datetime, **details: Any) -> None:
    """One event about a review as a whole, which happens where its access is held."""
    resource_ids = review.scopes.values_list("resource_id", flat=True)
    _record(action, review, resource_ids, by, now, details)


def record_change(review: Review, before: Terms, after: Terms, *, by: Party, now: datetime) -> None:
    """It tells of all that was reviewed before, and is from now on: for whoever sees both."""
    details = {"before": in_events(before), "after": in_events(after)}
    both = before.resource_ids | after.resource_ids
    _record(AuditAction.REVIEW_CHANGED, review, both, by, now, details)


def record_round(action: AuditAction, round_: Round, *, by: Party, now: datetime, **details: Any) -> None:
    """It happens where the access is held that the round began with."""
    details = {"round": str(round_.id), "number": round_.number, **details}
    _record(action, round_.review, round_.terms.resource_ids, by, now, details)


def in_events(terms: Terms) -> dict[str, Any]:
    """Terms as an event carries them, without the names of what is reviewed: whoever reads the event may see
    only a part of that."""
    unnamed = tuple(replace(scope, role_name="", resource_name="") for scope in terms.scopes)
    return replace(terms, scopes=unnamed).to_json()


def about(item: Item) -> dict[str, Any]:
    """An event about one line: whose access, which role and where. The review and its round are details."""
    return {
        "target": item.principal.party,
        "role": item.role_name,
        "place": item.resource.place,
    }


def _record(
    action: AuditAction,
    review: Review,
    resource_ids: Iterable[UUID],
    by: Party,
    now: datetime,
    details: dict[str, Any],
) -> None:
    place = _place_of(resource_ids)
    audit.record(action, actor=by, at=now, target=review.party, place=place, details=details)


def _place_of(resource_ids: Iterable[UUID]) -> Place:
    """The one resource that it is about; of several the directory, as for everything without one."""
    resources = Resource.objects.filter(pk__in=set(resource_ids))
    return resources[0].place if len(resources) == 1 else NOWHERE
