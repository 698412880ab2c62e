"""What somebody typed into a search box."""

from __future__ import annotations

from collections.abc import Mapping

from apps.common.text import one_line

LONGEST = 100  # as the box says, too


def words_in(asked: Mapping[str, str], name: str = "q") -> str:
    """The words to search for, in one line."""
    return one_line(str(asked.get(name, ""))[:LONGEST])
