"""What an event carries besides its columns, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.timezone import get_current_timezone

from apps.common.instants import full
from apps.common.lookup import as_id

# Where the name of a detail does not say it by itself; what is left empty the page says elsewhere.
_LABELS = {
    "starts_at": "Start",
    "ends_at": "End",
    "started_at": "Started",
    "ended_at": "Ended",
    "closes_at": "Ends",
    "ended_before": "Ended before",
    "how": "How it ended",
    "rules": "Refused by",
    "q": "Search",
    "number": "",
    "answer": "",
}
_NO_END = {"ends_at": "Permanent"}


class Detail(NamedTuple):
    label: str
    text: str


def details_of(details: Mapping[str, Any]) -> list[Detail]:
    """Each detail with its name, in the order in which it was noted; ids are left out."""
    return [
        Detail(label, text)
        for name, value in details.items()
        if (label := _label(name)) and (text := _text(value) or _NO_END.get(name, ""))
    ]


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").replace(".", ": ").capitalize())


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(_pairs(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(text for part in value if (text := _text(part)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else _plain(str(value))


def _pairs(value: Mapping[str, Any]) -> Iterator[str]:
    """A change is a pair: what was, and what is."""
    for name, part in value.items():
        if isinstance(part, list) and len(part) == 2:
            yield f"{_label(name)}: {_text(part[0]) or 'none'} → {_text(part[1]) or 'none'}"
        elif text := _text(part):
            yield f"{_label(name)}: {text}"


def _plain(text: str) -> str:
    if as_id(text) is not None:
        return ""
    instant = _instant(text)
    return full(instant, get_current_timezone()) if instant else text.replace("_", " ")


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text) if len(text) > len("2026-11-24") else None
    except ValueError:
        return None
    return instant if instant is not None and instant.tzinfo else None
