"""Long lists a page at a time, by key: late pages are as quick as the first, and nothing is skipped or shown
twice when rows are added meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Generic, TypeVar
from urllib.parse import unquote
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from apps.common.counting import Countable, Counts
from apps.common.errors import Invalid

PAGE_SIZE = 50
COUNTED_TO = 1_000
WALKED_AT_ONCE = 1_000
_SEPARATOR = "~"

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
Key = TypeVar("Key")


@dataclass(frozen=True)
class Column:
    """One column of a list's order, and how its value is read back from an address."""

    name: str
    parse: Callable[[str], Any]
    descending: bool = False


@dataclass(frozen=True)
class Page(Generic[Row]):
    """`following` is the key of the next page, empty on the last; `is_first` that there is none before."""

    rows: list[Row]
    following: str
    is_first: bool


def newest_first(instant: str) -> tuple[Column, ...]:
    """The order by this column, latest on top, with the id to tell equal instants apart."""
    return (Column(instant, _instant, descending=True), Column("id", UUID, descending=True))


def by_text(*names: str) -> tuple[Column, ...]:
    """The order by these columns of text, with the id to tell equal rows apart."""
    return (*(Column(name, str) for name in names), Column("id", UUID))


def soonest_first(instant: str) -> tuple[Column, ...]:
    """The order by this column, earliest on top, with the id to tell equal instants apart."""
    return (Column(instant, _instant), Column("id", UUID))


def page_of(
    rows: QuerySet[Row],
    order: Sequence[Column],
    *,
    after: str = "",
    size: int = PAGE_SIZE,
    loaded: QuerySet[Row] | None = None,
) -> Page[Row]:
    """The rows behind the key `after`, in one query that sorts keys and loads only what is shown. `loaded`:
    all rows of the table, where loading those few shall not ask again what narrows the `rows`. Raises
    `Invalid` where that is no key of this order."""
    return page_by(
        lambda key: rows_behind(key, rows, order, size=size, loaded=loaded), order, after=after, size=size
    )


def rows_behind(
    key: Sequence[Any],
    rows: QuerySet[Row],
    order: Sequence[Column],
    *,
    size: int = PAGE_SIZE,
    loaded: QuerySet[Row] | None = None,
) -> QuerySet[Row]:
    """The rows of `page_of`, and one more where there is a next page; behind no key those of the first."""
    shown = _ordered(rows if loaded is None else loaded, order)
    return shown.filter(pk__in=found_behind(key, rows, order, size=size).values("pk"))


def found_behind(
    key: Sequence[Any], rows: QuerySet[Row], order: Sequence[Column], *, size: int = PAGE_SIZE
) -> QuerySet[Row]:
    """As many of these rows as `rows_behind` shows, to take their ids from."""
    ordered = _ordered(rows, order)
    return (ordered.filter(_behind(order, key)) if key else ordered)[: size + 1]


def page_by(
    load: Callable[[tuple[Any, ...]], Iterable[Row]],
    order: Sequence[Column],
    *,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[Row]:
    """`page_of`, where `load` asks for the `rows_behind` a key in a way of its own."""
    found = list(load(_read(order, after) if after else ()))
    following = _key(order, found[size - 1]) if len(found) > size else ""
    return Page(found[:size], following, is_first=not after)


def each_of(rows: QuerySet[Row], order: Sequence[Column], *, size: int = WALKED_AT_ONCE) -> Iterator[Row]:
    """All the rows in this order, for a file: so many at a time, by key, each time with a statement of its
    own. Nothing is kept in memory, and no long statement is in the way of those who write."""
    ordered = _ordered(rows, order)
    found = list(ordered[:size])
    while found:
        yield from found
        behind = _behind(order, [getattr(found[-1], column.name) for column in order])
        found = list(ordered.filter(behind)[:size]) if len(found) == size else []


def count_of(rows: QuerySet[Row], *, exact_to: int = COUNTED_TO) -> str:
    """How many rows there are, as a list says it: exact to 1,000, then "1,000+". Nobody waits for more."""
    return counts_of({"": rows}, exact_to=exact_to)[""]


def counts_of(several: Mapping[Key, QuerySet[Any]], *, exact_to: int = COUNTED_TO) -> dict[Key, str]:
    """`count_of` each, in one statement."""
    return counts_by({key: counted_rows(rows, exact_to) for key, rows in several.items()}, Counts(), exact_to)


def counted_rows(rows: QuerySet[Row], exact_to: int = COUNTED_TO) -> QuerySet[Row]:
    """As many of these rows as are counted."""
    return rows.order_by()[: exact_to + 1]


def counts_by(several: Mapping[Key, Countable], counts: Counts, exact_to: int = COUNTED_TO) -> dict[Key, str]:
    """How many `counted_rows` there are of each, in one statement with whatever else `counts` knows of."""
    asked = {key: counts.of(rows) for key, rows in several.items()}
    return {key: _in_words(count(), exact_to) for key, count in asked.items()}


def _in_words(count: int, exact_to: int) -> str:
    return f"{exact_to:,}+" if count > exact_to else f"{count:,}"


def in_batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in their order, so many at a time; no more than those are held in memory."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch


def _ordered(rows: QuerySet[Row], order: Sequence[Column]) -> QuerySet[Row]:
    return rows.order_by(*(f"-{column.name}" if column.descending else column.name for column in order))


def _behind(order: Sequence[Column], values: Sequence[Any]) -> Q:
    """Rows that sort behind `values`: equal in the first columns, further on in the next. That none lies
    before in the first says it once more, for databases that find a place in an index by that alone."""
    condition, equal = Q(), Q()
    for column, value in zip(order, values, strict=True):
        step = "lt" if column.descending else "gt"
        condition |= equal & Q(**{f"{column.name}__{step}": value})
        equal &= Q(**{column.name: value})
    first = order[0]
    return condition & Q(**{f"{first.name}__{'lte' if first.descending else 'gte'}": values[0]})


def _key(order: Sequence[Column], row: Model) -> str:
    return _SEPARATOR.join(_part(getattr(row, column.name)) for column in order)


def _part(value: Any) -> str:
    """A value as part of a key; what separates the parts does not stand inside one."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).replace("%", "%25").replace(_SEPARATOR, "%7E")


def _read(order: Sequence[Column], key: str) -> tuple[Any, ...]:
    parts = map(unquote, key.split(_SEPARATOR))
    try:
        return tuple(column.parse(_storable(part)) for column, part in zip(order, parts, strict=True))
    except (KeyError, ValueError, OverflowError):
        raise Invalid("This address names no page of the list. Start again from its first page.") from None


def _storable(text: str) -> str:
    """The text, if any row can hold it: PostgreSQL does not even look for a zero character."""
    if "\0" in text:
        raise ValueError("a zero character")
    return text


def _instant(text: str) -> datetime:
    """An aware instant, in UTC; one without a zone is nobody's key."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("no time zone")
    return instant.astimezone(UTC)
