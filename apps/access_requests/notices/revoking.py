"""Whom to tell when everything is taken from a person: them and the admins, once each for all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.urls import reverse

from apps.access_requests.models import AccessRequest
from apps.access_requests.notices.activations import key_of_close
from apps.access_requests.notices.assignments import told_of_many
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.notices.ending import key_of_end
from apps.audit.vocabulary import Party
from apps.common.text import counted
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent

NAMED_AT_MOST = 30


def tell_revoked(
    person: User,
    rows: Sequence[Assignment],
    requests: Sequence[AccessRequest],
    *,
    by: Party,
    reason: str,
    now: datetime,
) -> None:
    """The person hears of all that was taken from them together, and not of each; so do the other admins of
    the places where it was held."""
    if not (rows or requests):
        return
    keys = [*map(key_of_end, rows), *map(key_of_close, requests)]
    notifications.take_back(keys, principal_id=person.id)
    told = told_of_many(rows, now=now)
    letters = [(who, _to_admin(person, count, by, reason)) for who, count in told.items()]
    letters.append((person.recipient, _to_person(rows, requests, by, reason)))
    others = (letter for letter in letters if str(letter[0].principal_id) != by.id)
    key = f"person:{person.id}:revoked:{now.isoformat()}"
    notifications.notify_each(key=key, letters=others, announced=None, now=now)  # each end was, by itself


def _to_admin(person: User, count: int, by: Party, reason: str) -> Message:
    return Message(
        event=NoticeEvent.ASSIGNMENT_CHANGED,
        subject=f"PIM: {by.name} revoked the roles of {person.name}",
        text=f"{by.name} took {counted(count, 'assignment')} of roles that you manage from {person.name}.",
        facts=(("Why", reason),),
        link="",
    )


def _to_person(
    rows: Sequence[Assignment], requests: Sequence[AccessRequest], by: Party, reason: str
) -> Message:
    named = [*_named(rows), *(("Request", f"{each.role.name} on {each.resource.name}") for each in requests)]
    more = len(named) - NAMED_AT_MOST
    return Message(
        event=NoticeEvent.ROLE_ENDED,
        subject="PIM: Your roles are revoked",
        text=f"{by.name} took from you what is named here{f', and {more} more' if more > 0 else ''}.",
        facts=(("Why", reason), *named[:NAMED_AT_MOST]),
        link=reverse("access_requests:my_roles"),
    )


def _named(rows: Iterable[Assignment]) -> Iterable[tuple[str, str]]:
    for row in rows:
        yield row.held_as.capitalize(), f"{row.role.name} on {row.resource.name}"
