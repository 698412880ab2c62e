"""What stands in a cell, as a value. Each says in a sentence what is wrong; a line collects all sentences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from typing import TypeVar

from django.db.models import TextChoices

from apps.common.errors import Invalid
from apps.common.text import any_of

Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=TextChoices)


class Faults:
    """What is wrong with one line."""

    def __init__(self) -> None:
        self._sentences: list[str] = []

    def reading(self, read: Callable[[], Value]) -> Value | None:
        """The value, or nothing and one fault more."""
        try:
            return read()
        except Invalid as error:
            self._sentences.append(str(error))
            return None

    def require_none(self) -> None:
        """Raise `Invalid` with all of them, or do nothing."""
        if self._sentences:
            raise Invalid(" ".join(self._sentences))


def choice_in(text: str, choices: type[Choice], *, column: str) -> Choice:
    """One of a few words, by its code or its label, whatever its letters are."""
    wanted = text.casefold()
    for choice in choices:
        if wanted in (choice.value.casefold(), str(choice.label).casefold()):
            return choice
    raise Invalid(f"“{text}” is no {column}. Use {any_of(list(choices.values))}.")


def instant_in(text: str, zone: tzinfo, *, column: str) -> datetime | None:
    """A day, which means its beginning, or a time; without a zone of its own in `zone`. Empty: none."""
    if not text:
        return None
    try:
        instant = _read(text)
    except ValueError:
        raise Invalid(f"“{text}” is no {column}. Write 2026-12-31 or 2026-12-31 18:00.") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=zone)
    if not 2000 <= instant.year < 2200:
        raise Invalid(f"“{text}” is too far away for {column}.")
    return instant.astimezone(UTC)


def _read(text: str) -> datetime:
    if len(text) <= len("2026-12-31"):
        return datetime.combine(date.fromisoformat(text), time.min)
    return datetime.fromisoformat(text)
