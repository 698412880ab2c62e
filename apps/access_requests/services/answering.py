"""Several at once: each is its own request, transaction and result, so one refusal takes no other with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from apps.access_requests.models import AccessRequest
from apps.common.errors import DomainError

Asked = TypeVar("Asked")


@dataclass(frozen=True)
class Answer(Generic[Asked]):
    """What became of one of several: the request, or why it came to nothing."""

    asked: Asked
    request: AccessRequest | None = None
    error: DomainError | None = None


def answer_each(several: Iterable[Asked], command: Callable[[Asked], AccessRequest]) -> list[Answer[Asked]]:
    """Run `command`, a transaction of its own, for each, in order."""
    return [_answer(asked, command) for asked in several]


def _answer(asked: Asked, command: Callable[[Asked], AccessRequest]) -> Answer[Asked]:
    try:
        return Answer(asked, request=command(asked))
    except DomainError as error:
        return Answer(asked, error=error)
