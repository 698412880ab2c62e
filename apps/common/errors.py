"""The three ways a command can fail. `common.web.errors` turns each into a page, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.common.decision import Refusal


class DomainError(Exception):
    """Something a person did that cannot be done; the text is a sentence for that person."""


class NotAllowed(DomainError):
    """A rule refuses. Becomes a form message, or a 403 page."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        self.refusals = refusals
        super().__init__(" ".join(refusal.reason for refusal in refusals))

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(refusal.rule for refusal in self.refusals)


class Conflict(DomainError):
    """The state has moved on: somebody was faster, or the clock was. Becomes a 409 page."""


class Invalid(DomainError):
    """What was given makes no sense, whoever asks. Becomes a form message, or a 400 page."""
