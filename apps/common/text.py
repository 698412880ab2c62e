"""Text in sentences. What users wrote stays text: one line where one line is meant, nothing that hides it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.text import get_text_list

# Direction overrides and isolates let text pretend to be other text ("Trojan Source", CVE-2021-42574).
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
# Nobody sees these: a name with one would be a second one that looks the same.
_INVISIBLE = frozenset("\u00ad\u180e\u200b\u2060\ufeff")
_HIDDEN = _BIDI_CONTROLS | _INVISIBLE
LONGEST_ADDRESS = 254  # RFC 5321, as erratum 1690 counts


def one_line(text: str, limit: int | None = None) -> str:
    """`text` without control, direction and invisible characters, each letter written in one way, whitespace
    runs made one space, cut to `limit` characters. For names and mail subjects: a line break there would
    start a new header."""
    if not (text.isascii() and text.isprintable()):  # as most is, of which there is nothing to take away
        kept = (" " if _is_break(char) else char for char in text if char not in _HIDDEN)
        text = unicodedata.normalize("NFC", "".join(kept))
    line = " ".join(text.split())
    if limit is None or len(line) <= limit:
        return line
    return line[: limit - 1].rstrip() + "…"


def any_of(names: Sequence[str], *, at_most: int = 3) -> str:
    """Names in a sentence: "Jane, Tom or Ada", and of more than `at_most` "Jane, Tom, Ada or 2 others"."""
    shown, more = [*names[:at_most]], len(names) - at_most
    if more > 0:
        shown.append("1 other" if more == 1 else f"{more} others")
    return get_text_list(shown, "or")


def counted(count: int, noun: str) -> str:
    """ "1 assignment", "1,200 assignments"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def is_blank(text: str) -> bool:
    """Whether nothing of `text` can be seen: a reason made of invisible characters is none."""
    return all(char.isspace() or unicodedata.category(char).startswith("C") for char in text)


def is_address(text: str) -> bool:
    """Whether this is written as an e-mail address of those that mail is sent to. Between quotes one could
    hold what ends the line of a header, or what parts one address from the next."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return '"' not in text and len(text) <= LONGEST_ADDRESS


def _is_break(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in {"Cc", "Zl", "Zp"}
