"""YAML that people wrote, read strictly: a tree that knows its lines, and every fault at once.

Nothing is guessed: a text stays the text that stands there (`no` is no truth value, `1:30` no number) until
whoever knows the document reads it as something. What only makes a document harder to read is refused:
anchors and aliases (which also let a small file grow without end), tags, directives, keys given twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

MOST_BYTES = 2_000_000
# What a file of that size that somebody could read stays far below. Each costs the same, whatever the bytes.
MOST_VALUES = 200_000
MOST_FAULTS = 1_000  # whoever has as many is helped by the first
_DEEPEST = 10
# The parser in C reads the largest file within seconds, the one in Python within a minute.
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOTHING = {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong on one line, in a sentence."""

    line: int
    text: str


@dataclass(frozen=True)
class Text:
    """A single value. `is_quoted` values are text and nothing else."""

    line: int
    text: str
    is_quoted: bool = False

    @property
    def is_nothing(self) -> bool:
        return not self.is_quoted and self.text in _NOTHING


@dataclass(frozen=True)
class Listing:
    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Mapping:
    """`entries` in the order of the document, each key once."""

    line: int
    entries: tuple[tuple[Text, Node], ...]


Node = Text | Listing | Mapping


@dataclass(frozen=True)
class Document:
    """What could be read, and what is wrong with it. Without a root nothing could."""

    root: Node | None
    faults: tuple[Fault, ...] = ()


def read_yaml(data: bytes) -> Document:
    """The one document in `data`. Never raises: whatever is wrong is a fault with its line."""
    if len(data) > MOST_BYTES:
        return Document(None, (Fault(1, f"The file is larger than {MOST_BYTES // 1_000_000} MB."),))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Document(None, (Fault(line, "This is not UTF-8. Save the file with that encoding."),))
    return _Reader().read(text)


class Stop(Exception):
    """Reading on would lead nowhere; the fault is written down."""


class Faults:
    """What is wrong, as it is found. After `MOST_FAULTS` of them raises `Stop`."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, line: int, text: str) -> None:
        self.found.append(Fault(line, text))
        if len(self.found) >= MOST_FAULTS:
            raise Stop


class _Reader:
    def __init__(self) -> None:
        self._faults = Faults()
        self._values = 0

    def read(self, text: str) -> Document:
        root = None
        try:
            root = self._document(yaml.parse(text, Loader=_PARSER))
        except yaml.reader.ReaderError as error:
            line = text.encode()[: error.position].count(b"\n") + 1
            self._faults.found.append(Fault(line, "There is a character here that no text has."))
        except yaml.MarkedYAMLError as error:
            self._faults.found.append(_syntax_fault(error))
        except Stop:
            pass
        return Document(root, tuple(sorted(self._faults.found)))

    def _document(self, events: Iterator[yaml.Event]) -> Node | None:
        root = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    self._stop(event, "A second document begins here. There may be only one.")
                if event.version or event.tags:
                    self._fault(event, "Directives (%) are not allowed.")
                root = self._node(next(events), events, depth=1)
        return root

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        self._values += 1
        if self._values > MOST_VALUES:
            self._stop(event, f"There is more in this file than can be read: at most {MOST_VALUES:,} values.")
        if depth > _DEEPEST:
            self._stop(event, "This is nested too deeply.")
        self._refuse_names_and_tags(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return Listing(_line(event), tuple(self._items(events, depth)))
        if isinstance(event, yaml.MappingStartEvent):
            return Mapping(_line(event), tuple(self._entries(events, depth)))
        if isinstance(event, yaml.ScalarEvent):
            if "\0" in event.value:  # written as an escape: the parser refuses the character itself
                self._fault(event, "There is a character here that no text has.")
            return Text(_line(event), event.value, is_quoted=bool(event.style))
        return Text(_line(event), "")  # an alias, refused above

    def _items(self, events: Iterator[yaml.Event], depth: int) -> Iterator[Node]:
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            yield self._node(event, events, depth + 1)

    def _entries(self, events: Iterator[yaml.Event], depth: int) -> Iterator[tuple[Text, Node]]:
        seen: dict[str, int] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Text):
                self._faults.add(key.line, "A key is a single word.")
            elif key.text in seen:
                self._faults.add(key.line, f"{quoted(key.text)} stands on line {seen[key.text]} already.")
            else:
                seen[key.text] = key.line
                yield key, value

    def _refuse_names_and_tags(self, event: yaml.Event) -> None:
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            self._fault(event, f"Aliases (*{anchor}) are not allowed. Write the value out.")
        elif anchor:
            self._fault(event, f"Anchors (&{anchor}) are not allowed.")
        if tag:
            self._fault(event, f"Tags ({tag}) are not allowed.")

    def _fault(self, event: yaml.Event, text: str) -> None:
        self._faults.add(_line(event), text)

    def _stop(self, event: yaml.Event, text: str) -> None:
        self._fault(event, text)
        raise Stop


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark else 1


def _syntax_fault(error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    return Fault(mark.line + 1 if mark else 1, f"This is no YAML: {error.problem or error.context}.")


def quoted(text: str, at_most: int = 60) -> str:
    """What somebody wrote, as a sentence names it."""
    return f"“{text}”" if len(text) <= at_most else f"“{text[: at_most - 1]}…”"
