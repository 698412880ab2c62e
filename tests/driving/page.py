"""What a portal answered, with its forms as a browser would send them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from http.client import HTTPMessage

_NEVER_SENT = {"submit", "button", "image", "reset", "file"}
_CHOSEN = {"checkbox", "radio"}
Fields = list[tuple[str, str]]


@dataclass
class Form:
    """`fields` is what is sent untouched; `offered` all that may be sent of it, by name: the values of boxes,
    options and buttons, none for what is typed."""

    action: str
    method: str = "get"
    id: str = ""
    fields: Fields = field(default_factory=list)
    offered: dict[str, list[str]] = field(default_factory=dict)

    def filled(self, **changes: str | Iterable[str] | None) -> Fields:
        """With these values instead, several of one name as a list; None sends nothing. A pressed button is
        a change as well. A name that the form does not have is a mistake of the test."""
        if strange := changes.keys() - self.offered.keys():
            raise LookupError(f"The form to {self.action} has no {', '.join(sorted(strange))}.")
        sent = [(name, value) for name, value in self.fields if name not in changes]
        for name, value in changes.items():
            values = [value] if isinstance(value, str) else value or []
            sent += [(name, each) for each in values]
        return sent


@dataclass(frozen=True)
class Page:
    """One answer. `seconds` is what passed from sending to its last byte."""

    path: str
    status: int
    headers: HTTPMessage
    body: bytes
    seconds: float

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status < 400

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @cached_property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @cached_property
    def forms(self) -> list[Form]:
        reader = _FormReader(self.path)
        reader.feed(self.text)
        return reader.forms

    def form(self, *, action: str = "", id: str = "", having: str = "") -> Form:
        """The first form whose action ends like this, with this id, that has this field."""
        for form in self.forms:
            is_meant = form.action.partition("?")[0].endswith(action) and id in ("", form.id)
            if is_meant and (not having or having in form.offered):
                return form
        raise LookupError(f"{self.path} ({self.status}) has no form {action or id or having}.")

    def links(self, pattern: str) -> list[str]:
        """The addresses of links that look like this, a regular expression for all of it, as they stand."""
        found = re.findall(rf'href="({pattern})"', self.text)
        return [link.replace("&amp;", "&") for link in dict.fromkeys(found)]


class _FormReader(HTMLParser):
    """Which controls count, and with which values: the rules of HTML as far as our pages use them."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._by_id: dict[str, Form] = {}
        self._current: Form | None = None
        self._text: tuple[Form, str] | None = None  # the text area that is being read
        self._select: tuple[Form, str, bool] | None = None
        self._in_disabled = 0
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if start := getattr(self, f"_start_{tag}", None):
            start(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._current = None
        elif tag == "textarea":
            self._end_textarea()
        elif tag == "select":
            self._end_select()
        elif tag == "fieldset" and self._in_disabled:
            self._in_disabled -= 1

    def handle_data(self, data: str) -> None:
        if self._text:
            form, name = self._text
            form.fields[-1] = name, form.fields[-1][1] + data

    # ---- Elements

    def _start_form(self, given: dict[str, str]) -> None:
        action, id_ = given.get("action") or self._path, given.get("id", "")
        form = self._by_id.setdefault(id_, Form(action, id=id_)) if id_ else Form(action)
        form.action, form.method = action, given.get("method", "get").lower()
        self._current = form
        self.forms.append(form)

    def _start_fieldset(self, given: dict[str, str]) -> None:
        if self._in_disabled or "disabled" in given:
            self._in_disabled += 1

    def _start_input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text").lower()
        value = given.get("value", "on" if kind in _CHOSEN else "")
        form = self._owner(given)
        if form is None or kind in {"button", "reset", "file", "image"}:
            return
        self._offer(form, given["name"], value if kind in {*_CHOSEN, "submit"} else None)
        if kind not in _NEVER_SENT and (kind not in _CHOSEN or "checked" in given):
            form.fields.append((given["name"], value))

    def _start_button(self, given: dict[str, str]) -> None:
        form = self._owner(given)
        if form is not None and given.get("type", "submit") == "submit":
            self._offer(form, given["name"], given.get("value", ""))

    def _start_textarea(self, given: dict[str, str]) -> None:
        form = self._owner(given)
        if form is not None:
            self._offer(form, given["name"], None)
            form.fields.append((given["name"], ""))
            self._text = form, given["name"]

    def _end_textarea(self) -> None:
        """The line break that follows the tag is no text."""
        if self._text:
            form, name = self._text
            form.fields[-1] = name, form.fields[-1][1].removeprefix("\n")
        self._text = None

    def _start_select(self, given: dict[str, str]) -> None:
        form = self._owner(given)
        if form is not None:
            self._offer(form, given["name"], None)
            self._select = form, given["name"], "multiple" in given

    def _start_option(self, given: dict[str, str]) -> None:
        if self._select and "disabled" not in given:
            form, name, _ = self._select
            form.offered[name].append(given.get("value", ""))
            if "selected" in given:
                form.fields.append((name, given.get("value", "")))

    def _end_select(self) -> None:
        """Of a list that takes one, and that has none chosen, a browser sends the first."""
        if self._select:
            form, name, takes_many = self._select
            if not takes_many and form.offered[name] and all(each != name for each, _ in form.fields):
                form.fields.append((name, form.offered[name][0]))
        self._select = None

    # ---- Whose it is

    def _owner(self, given: dict[str, str]) -> Form | None:
        """The form that sends this control, if one does: the one it names, or the one around it."""
        if "disabled" in given or self._in_disabled or not given.get("name"):
            return None
        if "form" in given:
            return self._by_id.setdefault(given["form"], Form("", id=given["form"]))
        return self._current

    def _offer(self, form: Form, name: str, value: str | None) -> None:
        values = form.offered.setdefault(name, [])
        if value is not None:
            values.append(value)
