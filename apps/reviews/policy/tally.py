"""How many lines there are of each kind, and the picture of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from apps.reviews.states import BY_HAND, Answer, ApplyResult, Outcome

WIDTH = 1000  # of the picture, in the units of its own drawing


@dataclass(frozen=True)
class Kind:
    """Lines that have all of this in common."""

    answer: str
    outcome: str = ""
    apply_result: str = ""
    is_handled: bool = False
    is_nobodys: bool = False  # on no reviewer's desk

    @property
    def is_left_by_hand(self) -> bool:
        return self.apply_result in BY_HAND and not self.is_handled


@dataclass(frozen=True)
class Segment:
    """A part of the picture; `css_class` is its colour."""

    label: str
    count: int
    css_class: str
    x: int
    width: int


_LOOKS = {
    Answer.APPROVE: "fill-ok",
    Answer.DENY: "fill-bad",
    Answer.DONT_KNOW: "fill-warn",
    Answer.NOT_REVIEWED: "fill-none",
}


@dataclass(frozen=True)
class Tally:
    """Lines by what they have in common."""

    counts: tuple[tuple[Kind, int], ...] = ()

    def of(self, wanted: Callable[[Kind], bool]) -> int:
        return sum(count for kind, count in self.counts if wanted(kind))

    def answered(self, answer: Answer) -> int:
        return self.of(lambda kind: kind.answer == answer)

    def resulting(self, result: ApplyResult) -> int:
        return self.of(lambda kind: kind.apply_result == result)

    @property
    def total(self) -> int:
        return self.of(lambda _: True)

    @property
    def decided(self) -> int:
        return self.total - self.answered(Answer.NOT_REVIEWED)

    @property
    def approved(self) -> int:
        return self.answered(Answer.APPROVE)

    @property
    def denied(self) -> int:
        return self.answered(Answer.DENY)

    @property
    def dont_know(self) -> int:
        return self.answered(Answer.DONT_KNOW)

    @property
    def not_reviewed(self) -> int:
        return self.answered(Answer.NOT_REVIEWED)

    @property
    def losing(self) -> int:
        return self.of(lambda kind: kind.outcome == Outcome.REMOVE)

    @property
    def to_apply(self) -> int:
        return self.resulting(ApplyResult.NEW)

    @property
    def removed(self) -> int:
        return self.resulting(ApplyResult.APPLIED)

    @property
    def left_by_hand(self) -> int:
        return self.of(lambda kind: kind.is_left_by_hand)

    @property
    def nobodys(self) -> int:
        """Lines that wait, and that nobody can look at."""
        return self.of(lambda kind: kind.is_nobodys and kind.answer == Answer.NOT_REVIEWED)

    @property
    def percent(self) -> int:
        """Rounded down: 100 means everything."""
        return self.decided * 100 // self.total if self.total else 0

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Side by side in one bar; together they are as wide as the picture."""
        return tuple(self._segments())

    def _segments(self) -> Iterator[Segment]:
        counts = [self.answered(answer) for answer in _LOOKS]
        ends = [WIDTH * sum_ // max(self.total, 1) for sum_ in accumulate(counts)]
        starts = [0, *ends]
        for (answer, look), count, start, end in zip(_LOOKS.items(), counts, starts, ends, strict=False):
            yield Segment(answer.past, count, look, start, end - start)
