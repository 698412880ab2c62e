"""What there can be one of: whoever is second is told so, also at the very same moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError

from apps.common.errors import Conflict

_POSTGRESQL, _SQLITE = "23505", "SQLITE_CONSTRAINT_UNIQUE"


@contextmanager
def first_of_two(too_late: Conflict) -> Iterator[None]:
    """Around a write that was found free before: raises this where a unique constraint says that somebody has
    written it meanwhile. The transaction goes with it."""
    try:
        yield
    except IntegrityError as error:
        if not _says_taken(error):
            raise
        raise too_late from error


def _says_taken(error: IntegrityError) -> bool:
    cause = error.__cause__
    named = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    return named in (_POSTGRESQL, _SQLITE)
