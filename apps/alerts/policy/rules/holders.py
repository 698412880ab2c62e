"""What is found in who holds what: assigned rows, and the people behind each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from apps.alerts.policy.rules.saying import people, people_are, resource_id
from apps.alerts.policy.terms import Found, Settings
from apps.audit.vocabulary import Party, Place
from apps.common.text import counted
from apps.roles.built_in import GLOBAL_ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has an assignment, directly or through a group."""

    id: str
    name: str
    seen_at: datetime  # their last sign-in or, of who never did, when the account was made
    is_guest: bool = False
    is_enabled: bool = True
    has_factor: bool = True

    @property
    def party(self) -> Party:
        return Party("user", self.id, self.name)


@dataclass(frozen=True, slots=True)
class Row:
    """An assigned row that has not ended, as far as rules look at it. `people`: its holder; of a group those
    who are, or may come to be, in it. `last_used_at`: when somebody activated it last."""

    id: str
    holder: Party
    people: tuple[Person, ...]
    role_id: str
    role: str
    is_privileged: bool
    kind: str  # "eligible" or "active"
    place: Place
    starts_at: datetime
    ends_at: datetime | None
    last_used_at: datetime | None = None

    @property
    def is_group(self) -> bool:
        return self.holder.kind == "group"

    @property
    def who(self) -> str:
        return f"The group {self.holder.name}" if self.is_group else self.holder.name

    @property
    def what(self) -> str:
        return f"{self.role} on {self.place.name}"

    @property
    def is_permanent_active(self) -> bool:
        return self.kind == "active" and self.ends_at is None

    @property
    def enabled(self) -> tuple[Person, ...]:
        return tuple(person for person in self.people if person.is_enabled)

    def found(self, text: str) -> Found:
        """Something about this row, which can be removed or changed."""
        return Found(
            f"assignment:{self.id}", self.place, text, self.holder, self.role, {"assignment": self.id}
        )

    def found_of(self, person: Person, text: str) -> Found:
        """Something about one of its people. The row of a group is not theirs: no fix ends it for all."""
        if not self.is_group:
            return self.found(text)
        ids = {"person": person.id, "group": self.holder.id}
        return Found(f"assignment:{self.id}:{person.id}", self.place, text, person.party, self.role, ids)

    @property
    def is_theirs(self) -> str:
        """How one of its people comes to it, behind their name."""
        if self.is_group:
            return f"can have {self.what} through the group {self.holder.name}"
        return f"is {self.kind} for {self.what}"


def privileged_guests(rows: Iterable[Row], settings: Settings, now: datetime) -> Iterator[Found]:
    for row in rows:
        for person in row.people:
            if row.is_privileged and person.is_guest:
                yield row.found_of(person, f"{person.name}, a guest, {row.is_theirs}.")


def stale_accounts(rows: Iterable[Row], settings: Settings, now: datetime) -> Iterator[Found]:
    """Disabled accounts count: once enabled, they have all their roles again."""
    for row in rows:
        days = settings.at(row.place)["days"]
        for person in row.people:
            if (away := now - person.seen_at) >= timedelta(days=days):
                since = f"has not signed in for {counted(away.days, 'day')}"
                yield row.found_of(person, f"{person.name} {since} and {row.is_theirs}.")


def unused_roles(rows: Iterable[Row], settings: Settings, now: datetime) -> Iterator[Found]:
    for row in rows:
        unused = now - max(row.starts_at, row.last_used_at or row.starts_at)
        if row.kind == "eligible" and unused >= timedelta(days=settings.at(row.place)["days"]):
            length = counted(unused.days, "day")
            yield row.found(f"{row.who} is eligible for {row.what} and has not activated it for {length}.")


def permanent_power(rows: Iterable[Row], settings: Settings, now: datetime) -> Iterator[Found]:
    """`people` of a group are its permanent members here: who has to activate membership has no power that
    never ends."""
    endless = [row for row in rows if row.is_privileged and row.is_permanent_active and row.enabled]
    top = {person.id for row in endless if row.role_id == str(GLOBAL_ADMINISTRATOR) for person in row.enabled}
    for row in endless:
        text = f"{row.who} is always active for {row.what}, without an end"
        if row.is_group:
            text += f", with {people(len(row.enabled))} permanently in it"
        if row.role_id != str(GLOBAL_ADMINISTRATOR):
            yield row.found(f"{text}.")
        elif len(top) > (kept := settings.at(row.place)["global_administrators"]):
            yield row.found(f"{text}. {people_are(len(top))}; {kept} do for emergencies.")


def without_second_factor(rows: Iterable[Row], settings: Settings, now: datetime) -> Iterator[Found]:
    """One for each person and place. The rows come sorted by place."""
    for place, here in groupby(rows, key=lambda row: row.place):
        roles: dict[Person, set[str]] = {}
        for row in here:
            if row.kind == "eligible":
                for person in row.enabled:
                    if not person.has_factor:
                        roles.setdefault(person, set()).add(row.role)
        for person, names in roles.items():
            what = min(names) if len(names) == 1 else f"{len(names)} roles"
            yield Found(
                f"person:{person.id}:resource:{resource_id(place)}",
                place,
                f"{person.name} is eligible for {what} on {place.name} and has set up no second factor.",
                person.party,
                ids={"person": person.id},
            )
