"""Queries of every command and page: built and compiled once, then asked with other values. To build one
takes Django several times as long as the database takes to answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache, wraps
from random import randrange
from typing import Any, Generic, NamedTuple, TypeVar, TypeVarTuple
from uuid import UUID, uuid4

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

Values = TypeVarTuple("Values")
Row = TypeVar("Row")

LONGEST = 160  # values: with more of them it is asked rarely, and built each time
FORMS_KEPT = 128  # of each query, one for every length of its lists, as they are padded
_SAMPLES: dict[object, Callable[[], object]] = {
    UUID: uuid4,
    datetime: lambda: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=randrange(10**15)),  # noqa: S311 - no secret
    str: lambda: uuid4().hex,
}


class Statement(NamedTuple):
    """What selects the ids of some rows, to be a part of another statement."""

    sql: str
    values: Sequence[Any]


NO_ROWS = Statement("SELECT 1 WHERE 1 = 0", ())


def prepared(build: Callable[[*Values], QuerySet[Any, Row]]) -> Callable[[*Values], list[Row]]:
    """The rows of the query that `build` answers. Ids, instants and text, and tuples of them for an `in`, may
    be others each time; with whatever else is handed over, such as a condition, it is another query.

    Raises `TypeError` where the query does more with its values than hold them, such as to reckon from an
    instant: what was reckoned once would stay.
    """

    form = _forms(build)

    @wraps(build)
    def ask(*values: *Values) -> list[Row]:
        padded = [*map(_padded, values)]
        given = [*_leaves(padded)]
        if len(given) > LONGEST:
            return list(build(*values))
        return form(connection.vendor, *map(_shape, padded)).rows(given)

    return ask


def prepared_part(build: Callable[[*Values], QuerySet[Any, Any]]) -> Callable[[*Values], Statement]:
    """Like `prepared`, for what is counted in one statement with other things: it answers what selects the
    ids of those rows."""
    form = _forms(lambda *values: _ids(build(*values)))

    @wraps(build)
    def ask(*values: *Values) -> Statement:
        padded = [*map(_padded, values)]
        given = [*_leaves(padded)]
        if len(given) > LONGEST:
            return statement_of(build(*values))
        return form(connection.vendor, *map(_shape, padded)).statement(given)

    return ask


def statement_of(rows: QuerySet[Any, Any]) -> Statement:
    """What selects the ids of these rows, built for this once."""
    try:
        return Statement(*_ids(rows).query.sql_with_params())
    except EmptyResultSet:  # known to be none without asking
        return NO_ROWS


def _ids(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    return (rows if rows.query.is_sliced else rows.order_by()).values("pk")


def _forms(build: Callable[..., QuerySet[Any, Row]]) -> Callable[..., _Form[Row]]:
    @lru_cache(maxsize=FORMS_KEPT)
    def form(_vendor: str, *shapes: object) -> _Form[Row]:
        return _Form.of(build, shapes)

    return form


@dataclass(frozen=True)
class _Form(Generic[Row]):
    """One compiled statement. `places`: for each of its parameters which of the values stands there, or what
    always does."""

    queryset: QuerySet[Any, Row]
    compiler: SQLCompiler
    sql: str = ""  # none: there cannot be a row
    places: tuple[tuple[int | None, object], ...] = ()

    @classmethod
    def of(cls, build: Callable[..., QuerySet[Any, Row]], shapes: tuple[object, ...]) -> _Form[Row]:
        """Compiled for two samples: what differs between them has to be the values themselves."""
        one, other = (cls._compiled(build, [*map(_sample, shapes)]) for _ in range(2))
        if (one.sql, one.places) != (other.sql, other.places):
            raise TypeError(f"{build.__qualname__} does more with its values than hold them.")
        return one

    @classmethod
    def _compiled(cls, build: Callable[..., QuerySet[Any, Row]], sample: list[object]) -> _Form[Row]:
        queryset: Any = build(*sample)
        if queryset._prefetch_related_lookups:
            raise TypeError(f"{build.__qualname__} prefetches, which takes queries of its own.")
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            return cls(queryset, compiler)
        at = {value: index for index, value in enumerate(_parameters(_leaves(sample)))}
        return cls(queryset, compiler, sql, tuple(_place(each, at) for each in parameters))

    def rows(self, values: list[object]) -> list[Row]:
        if not self.sql:
            return []
        iterable: Any = self.queryset._iterable_class
        return list(iterable(_Compiled(self, self._with(values))))

    def statement(self, values: list[object]) -> Statement:
        return Statement(self.sql, self._with(values)) if self.sql else NO_ROWS

    def _with(self, values: list[object]) -> tuple[object, ...]:
        given = _parameters(values)
        return tuple(always if index is None else given[index] for index, always in self.places)

    @cached_property
    def converters(self) -> Any:
        """From what the database answers to what Python has."""
        return self.compiler.get_converters([column for column, *_ in self.compiler.select or ()])


class _Compiled(SQLCompiler):
    """What a compiler has found out, with these parameters and the connection of this thread. It stands for
    the query and its set as well, for what makes rows of the answer."""

    def __init__(self, form: _Form[Any], parameters: tuple[object, ...]) -> None:
        vars(self).update(vars(form.compiler))
        self.form, self.parameters, self.connection = form, parameters, connections[DEFAULT_DB_ALIAS]
        self.query, self.db, self._known_related_objects = self, DEFAULT_DB_ALIAS, {}  # type: ignore[assignment,var-annotated]

    def as_sql(self, *_: object, **__: object) -> Any:
        return self.form.sql, self.parameters

    def get_converters(self, _: object) -> Any:
        return self.form.converters

    def get_compiler(self, *_: object, **__: object) -> _Compiled:
        return self

    @property
    def _fields(self) -> Any:
        return vars(self.form.queryset)["_fields"]


def _padded(value: object) -> object:
    """A list grows to the next power of two by its last one again, so that few lengths are built."""
    if type(value) is not tuple or any(type(each) not in _SAMPLES for each in value):
        return value
    length = 1 << (len(value) - 1).bit_length() if value else 0
    return (*value, *value[-1:] * (length - len(value)))


def _leaves(value: Any) -> Iterator[object]:
    """The values themselves, in order."""
    if type(value) in (tuple, list):
        for each in value:
            yield from _leaves(each)
    elif type(value) in _SAMPLES:
        yield value


def _shape(value: object) -> object:
    """What is the same of all values with which it is the same query."""
    if type(value) is tuple:
        return tuple(map(_shape, value))
    return type(value) if type(value) in _SAMPLES else value


def _sample(shape: object) -> object:
    if type(shape) is tuple:
        return tuple(map(_sample, shape))
    return _SAMPLES[shape]() if shape in _SAMPLES else shape


def _parameters(values: Iterable[object]) -> list[object]:
    here = connections[DEFAULT_DB_ALIAS]
    return [_parameter(value, here) for value in values]


def _parameter(value: object, here: BaseDatabaseWrapper) -> object:
    """As Django hands it to the database."""
    if isinstance(value, datetime):
        return here.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not here.features.has_native_uuid_field:
        return value.hex
    return value


def _place(parameter: object, at: dict[object, int]) -> tuple[int | None, object]:
    index = at.get(parameter) if isinstance(parameter, UUID | datetime | str) else None
    return index, None if index is not None else parameter
