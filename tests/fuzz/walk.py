"""The walk: what is sent to one route by one visitor, drawn from the values by a seeded chance."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from uuid import UUID

from django.urls import reverse

from tests.driving.page import Form, Page
from tests.fuzz import values
from tests.fuzz.values import File

FORM = "application/x-www-form-urlencoded"
_KEYS = ("after", "q", "tab", "next", "pick", "filter", "from", "to", "principal", "role", "provider", "days")
_FILE = re.compile(r"""<input[^>]*?(?:type="file"[^>]*?name="(\w+)"|name="(\w+)"[^>]*?type="file")""")
_WHEN = re.compile(r"(_at|date|start|end|until|from|to|day)(_\d)?$")

_BOUNDARY = "zq7zq7zq7"
_LAST = f"--{_BOUNDARY}--\r\n".encode()
Kind = Callable[[str, str], Iterable["Try"]]
Value = str | File


@dataclass(frozen=True)
class Try:
    """One request. `route` is the one whose row in the access matrix holds for it; empty where the address is
    another one, that may lead to something else."""

    who: str
    method: str
    path: str
    route: str = ""
    query: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, Value], ...] = ()
    raw: tuple[str, bytes] | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        return f"{self.path}?{_encoded(self.query)}" if self.query else self.path

    @property
    def body(self) -> tuple[str, bytes]:
        """Content type and bytes: multipart where a file is among the fields."""
        if self.raw is not None:
            return self.raw
        if all(isinstance(value, str) for _, value in self.fields):
            return FORM, _encoded(self.fields).encode()
        return f"multipart/form-data; boundary={_BOUNDARY}", b"".join(map(_part, self.fields)) + _LAST

    def smaller(self) -> Iterator[Try]:
        """The same with one thing less."""
        for part in ("headers", "query", "fields"):
            sent = getattr(self, part)
            for number in range(len(sent)):
                yield replace(self, **{part: sent[:number] + sent[number + 1 :]})

    def __str__(self) -> str:
        lines = [f"as {self.who}: {self.method} {self.address[:300]}"]
        lines += [f"    {name}: {value[:100]!r}" for name, value in self.headers]
        lines += [f"    {name} = {_shown(value)}" for name, value in self.fields]
        lines += [f"    {self.raw[0]!r}: {self.raw[1][:200]!r}"] if self.raw else []
        return "\n".join(lines)


@dataclass
class Walk:
    """`look` gives the page that a visitor sees at an address, or none; `code_of` a valid code of theirs."""

    random: Random
    address_of: Callable[[str], str]
    ids: list[str]
    look: Callable[[str, str], Page | None]
    code_of: Callable[[str], str]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All but `forms`, which are the depth of it."""
        return self.methods, self.addresses, self.queries, self.bodies, self.headers

    def some(self, kind: Kind, route: str, who: str, most: int) -> list[Try]:
        """So many tries of this kind, or all where there are no more."""
        tries = list(kind(route, who))
        return self.random.sample(tries, min(most, len(tries)))

    # ---- Kinds of tries

    def methods(self, route: str, who: str) -> Iterator[Try]:
        for method in ("GET", "POST", *values.METHODS):
            yield Try(who, method, self.address_of(route), route)

    def addresses(self, route: str, who: str) -> Iterator[Try]:
        """With ids of others, of nothing, and with what is none, instead of those in the address."""
        path = self.address_of(route)
        parts = [number for number, part in enumerate(path.split("/")) if _is_id(part)]
        for number in parts or [len(path.split("/")) - 2]:
            for other in self.random.sample(self.ids, min(6, len(self.ids))) + list(values.IDS):
                pieces = path.split("/")
                pieces[number] = quote(_as_bytes(other), safe="")
                for method in ("GET", "POST"):
                    yield Try(who, method, "/".join(pieces))

    def queries(self, route: str, who: str) -> Iterator[Try]:
        base = Try(who, "GET", self.address_of(route), route)
        for key in sorted({*_KEYS, *self._keys_on(base)}):
            hostile = values.PAGE_KEYS if key == "after" else self._drawn(key, "", [])
            for value in hostile:
                yield replace(base, query=((key, value),))
            yield replace(base, query=((key, "a"), (key, "b"), (f"{key}[]", "c")))

    def bodies(self, route: str, who: str) -> Iterator[Try]:
        for raw in values.BODIES.values():
            yield Try(who, "POST", self.address_of(route), route, raw=raw)

    def headers(self, route: str, who: str) -> Iterator[Try]:
        for headers in values.HEADERS.values():
            for method in ("GET", "POST"):
                yield Try(who, method, self.address_of(route), route, headers=tuple(headers.items()))

    def forms(self, route: str, who: str) -> Iterator[Try]:
        """Each form of the page, filled in as meant but for one thing."""
        page = self.look(who, self.address_of(route))
        for form in page.forms if page else []:
            if form.action not in self._in_frame:
                yield from self._of_form(form, who, page)

    # ---- Parts

    @cached_property
    def _in_frame(self) -> set[str]:
        """Where the forms lead that stand on every page."""
        return {reverse("administration:search"), reverse("accounts:sign_out")}

    def _of_form(self, form: Form, who: str, page: Page) -> Iterator[Try]:
        target = urlsplit(form.action)
        query = tuple(parse_qsl(target.query))
        base = Try(who, form.method.upper(), target.path or page.path.partition("?")[0], query=query)
        right = self._filled(form, who)
        for sent in self._spoilt(form, right, _FILE.findall(page.text)):
            yield replace(base, fields=sent) if base.method == "POST" else replace(base, query=sent)

    def _filled(self, form: Form, who: str) -> tuple[tuple[str, str], ...]:
        """The form as somebody might send it who means well."""
        code = self.code_of(who)
        typed = [(name, value or _typed(name, code)) for name, value in form.fields]
        untouched = [name for name in form.offered if name not in dict(typed)]
        ticked = [
            (name, self.random.choice(form.offered[name]) if form.offered[name] else _typed(name, code))
            for name in untouched
            if self.random.random() < 0.5
        ]
        return (*typed, *ticked)

    def _spoilt(self, form: Form, right: Iterable[tuple[str, str]], files: list) -> Iterator[tuple]:
        right = tuple(right)
        yield right
        yield (*right, *right)
        for name in form.offered:
            without = tuple(pair for pair in right if pair[0] != name)
            yield without
            yield (*without, (name, File("zq7.txt", b"zq7")))
            yield (*right, (name, self.random.choice(self.ids)), (f"{name}[]", "x"))
            now = dict(right).get(name, "")
            for value in self._drawn(name, now, form.offered[name]):
                yield (*without, (name, value))
        for name in map("".join, files):
            for content in values.FILES.values():
                yield (*right, (name, File(self.random.choice(values.FILE_NAMES), content)))
            yield (*right, (name, "x"))

    def _drawn(self, name: str, value: str, offered: list[str]) -> list[str]:
        """What is hostile to a field like this one, some markup, and some of anything."""
        chance = self.random.sample(values.EVERYTHING, 6)
        return [*_meant_for(name, value, offered), *chance, self.random.choice(self.ids)]

    def _keys_on(self, base: Try) -> set[str]:
        page = self.look(base.who, base.path)
        if page is None:
            return set()
        of_forms = {name for form in page.forms if form.method == "get" for name in form.offered}
        return of_forms | {name for link in page.links(r"\?[^\"]*") for name, _ in parse_qsl(link[1:])}


def _meant_for(name: str, value: str, offered: list[str]) -> tuple[str, ...]:
    if name == "code":
        return values.CODES
    if any(map(_is_id, [value, *offered[:2]])):
        return values.IDS
    if offered or value.isdigit():
        return (*values.NUMBERS, *values.IDS[-4:], *values.MARKUP[:2])
    if name in {"email", "url", "next"} or "@" in value:
        return values.ADDRESSES
    return (*values.INSTANTS, *values.MARKUP[:2]) if _WHEN.search(name) else values.TEXTS


def _typed(name: str, code: str) -> str:
    """What somebody types into an empty field of this name."""
    known = {"code": code, "email": "new.person@example.com", "url": "https://hooks.example.com/zq"}
    return known.get(name, "" if _WHEN.search(name) else "Because")


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _encoded(pairs: Iterable[tuple[str, Value]]) -> str:
    return urlencode(list(pairs), encoding="utf-8", errors="surrogatepass")


def _part(field: tuple[str, Value]) -> bytes:
    name, value = field
    is_text = isinstance(value, str)
    more, content = ("", _as_bytes(value)) if is_text else (f'; filename="{value.name}"', value.content)
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return _as_bytes(head) + content + b"\r\n"


def _as_bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _shown(value: Value) -> str:
    if not isinstance(value, str):
        return f"the file {value.name!r}: {value.content[:200]!r}"
    return f"{value[:200]!r}" + (f" ({len(value)} characters)" if len(value) > 200 else "")
