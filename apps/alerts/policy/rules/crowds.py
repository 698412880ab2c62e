"""What is found where more have a role than should."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby

from apps.alerts.policy.rules.holders import Row
from apps.alerts.policy.rules.saying import people_are
from apps.alerts.policy.terms import Found, Settings
from apps.roles.built_in import GLOBAL_ADMINISTRATOR, RESOURCE_OWNER

Meant = Callable[[Row], bool]


def too_many_global_administrators(rows: Iterable[Row], settings: Settings, now: datetime) -> Iterator[Found]:
    """Of all rows of the directory."""
    for row, count, percent in _too_many(rows, settings, meant=_is_global_administrator):
        text = f"{row.who} is {row.kind} for {row.what}. {people_are(count)}, {percent} % of all"
        yield row.found(f"{text} who have a directory role.")


def too_many_owners(rows: Iterable[Row], settings: Settings, now: datetime) -> Iterator[Found]:
    """Of all rows on resources, sorted by place."""
    for row, count, percent in _too_many(rows, settings, meant=_is_owner):
        text = f"{row.who} is {row.kind} for {row.what}. {people_are(count)}, {percent} % of all"
        yield row.found(f"{text} who have a role there.")


def too_many_permanent_owners(rows: Iterable[Row], settings: Settings, now: datetime) -> Iterator[Found]:
    """Of all rows of owners, sorted by place."""
    owners = (row for row in rows if _is_owner(row))
    for row, count, percent in _too_many(owners, settings, meant=_is_permanent_owner):
        text = f"{row.who} is always active for {row.what}, without an end. {people_are(count)}, {percent} %"
        yield row.found(f"{text} of its owners.")


def _too_many(rows: Iterable[Row], settings: Settings, *, meant: Meant) -> Iterator[tuple[Row, int, int]]:
    """Of each place where those who are meant are too many and too large a part, the rows by which they are,
    with how many people and what percentage that is. Who is disabled does not count."""
    for place, there in groupby(rows, key=lambda row: row.place):
        everybody: set[str] = set()
        found: list[Row] = []
        for row in there:
            everybody.update(person.id for person in row.enabled)
            if meant(row) and row.enabled:
                found.append(row)
        counted = len({person.id for row in found for person in row.enabled})
        setting = settings.at(place)
        if found and counted >= setting["count"] and counted * 100 >= setting["percent"] * len(everybody):
            yield from ((row, counted, counted * 100 // len(everybody)) for row in found)


def _is_global_administrator(row: Row) -> bool:
    return row.role_id == str(GLOBAL_ADMINISTRATOR)


def _is_owner(row: Row) -> bool:
    return row.role_id == str(RESOURCE_OWNER)


def _is_permanent_owner(row: Row) -> bool:
    return _is_owner(row) and row.is_permanent_active
