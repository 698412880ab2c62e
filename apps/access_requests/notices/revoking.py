"""Whom to tell when much is taken from a person: them and the admins, once each for all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.urls import reverse

from apps.access_requests.models import AccessRequest
from apps.access_requests.notices.activations import key_of_close
from apps.access_requests.notices.many import shortened, tell_admins_of_many
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.notices.ending import key_of_end
from apps.assignments.notices.words import Facts, known
from apps.audit.vocabulary import Party
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent


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
    why = known(("Why", reason))
    taken = _Taken(person, rows, requests, by, now)
    taken.tell("Your roles are revoked", f"{by.name} took from you what is named here.", why)
    taken.tell_admins(lambda what: f"took {what} from {person.name}", why)


def tell_disabled(
    person: User, rows: Sequence[Assignment], requests: Sequence[AccessRequest], *, by: Party, now: datetime
) -> None:
    """The same, of what has ended with the account."""
    taken = _Taken(person, rows, requests, by, now)
    said = f"{by.name} disabled your account. What is named here has ended."
    taken.tell("Your account is disabled", said, ())
    taken.tell_admins(lambda what: f"disabled the account of {person.name}, which ended {what}", ())


class _Taken:
    """What went from one person, and who did it."""

    def __init__(
        self,
        person: User,
        rows: Sequence[Assignment],
        requests: Sequence[AccessRequest],
        by: Party,
        now: datetime,
    ) -> None:
        self.person, self.rows, self.requests, self.by, self.now = person, rows, requests, by, now
        self.key = f"person:{person.id}:revoked:{now.isoformat()}"

    def tell(self, subject: str, text: str, more: Facts) -> None:
        """The person, once: what was written of each is taken back."""
        if not (self.rows or self.requests):
            return
        keys = [*map(key_of_end, self.rows), *map(key_of_close, self.requests)]
        notifications.take_back(keys, principal_id=self.person.id)
        message = Message(
            event=NoticeEvent.ROLE_ENDED,
            subject=f"PIM: {subject}",
            text=text,
            facts=(*more, *shortened(self._named())),
            link=reverse("access_requests:my_roles"),
        )
        told = [] if str(self.person.id) == self.by.id else [(self.person.recipient, message)]
        notifications.notify_each(key=self.key, letters=told, announced=None, now=self.now)

    def tell_admins(self, did: Callable[[str], str], more: Facts) -> None:
        """Under the same key: whoever is told already is not told again."""
        tell_admins_of_many(self.rows, key=self.key, by=self.by, did=did, more=more, now=self.now)

    def _named(self) -> Facts:
        return (
            *((row.held_as.capitalize(), f"{row.role.name} on {row.resource.name}") for row in self.rows),
            *(("Request", f"{each.role.name} on {each.resource.name}") for each in self.requests),
        )
