"""One race after another, as many as ROUNDS says: in each, people and things of its own, and starts that a
seed scatters over a few milliseconds."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random, SystemRandom

from apps.audit.models import AuditEvent, Unsealed
from apps.common.errors import Conflict, DomainError
from apps.notifications.models import Notice
from tests.driving.page import Page
from tests.races.moments import at_once

ROUNDS = int(os.environ.get("ROUNDS", "2"))
SEED = os.environ.get("RACE_SEED") or f"{SystemRandom().getrandbits(32):08x}"
ENOUGH = 50  # rounds in which nobody who can be first never is
SCATTER = -5, -2  # from 10 microseconds to 10 milliseconds, as powers of ten of a second
HANDICAP = 0.007

Command = Callable[[], object]


class Rounds:
    """Iterate over it. Each round notes who was first in it; in many rounds it was not always the same.

    Whoever was first begins a little later the next time. So a page and a command that needs a tenth of its
    time come to the point that counts together, however fast this machine is.
    """

    def __init__(self, race: str) -> None:
        self.race = race
        self.first: Counter[str] = Counter()
        self.handicaps: dict[str, float] = {}

    def __iter__(self) -> Iterator[Round]:
        for number in range(1, ROUNDS + 1):
            turn = Round(number, Random(f"{SEED} {self.race} {number}"), self.handicaps)  # noqa: S311
            print(f"{self.race}: round {number} of {ROUNDS}, RACE_SEED={SEED}")  # noqa: T201 - of what fails
            yield turn
            self._note(turn.first)
        print(f"{self.race}: first were {dict(self.first)}")  # noqa: T201
        assert ROUNDS < ENOUGH or len(self.first) != 1, f"Always the same was first: {self.first}"

    def _note(self, first: str) -> None:
        if not first:
            return  # nobody can say
        self.first[first] += 1
        self.handicaps[first] = self.handicaps.get(first, 0) + HANDICAP
        least = min(self.handicaps.values())
        self.handicaps = {name: handicap - least for name, handicap in self.handicaps.items()}


class Round:
    """One race. What was written since it began is what came of it."""

    def __init__(self, number: int, chance: Random, handicaps: dict[str, float]) -> None:
        self.number, self._chance, self._handicaps = number, chance, handicaps
        self.first = ""

    def at_once(self, **commands: Command) -> dict[str, object]:
        """What each of them gave, or the refusal it got."""
        Unsealed.objects.all().delete()  # where each new event is put
        self._told_before = list(Notice.objects.values_list("pk", flat=True))
        for name in commands:
            self._handicaps.setdefault(name, 0)
        delays = [self._handicaps[name] + 10 ** self._chance.uniform(*SCATTER) for name in commands]
        return dict(zip(commands, at_once(*commands.values(), delays=delays), strict=True))

    def one_of(self, **commands: Command) -> dict[str, object]:
        """Exactly one goes through, which is noted as the first. The others are told that it has changed
        meanwhile: by a page (409), or as a `Conflict`. Answers what those were told."""
        answers = self.at_once(**commands)
        through = [name for name, given in answers.items() if went_through(given)]
        assert len(through) == 1, in_short(answers)
        self.first = through[0]
        del answers[self.first]
        assert all(is_conflict(given) for given in answers.values()), in_short(answers)
        return answers

    @property
    def events(self) -> Counter[str]:
        """What the log says since then."""
        return Counter(AuditEvent.objects.waiting_for_a_seal().values_list("action", flat=True))

    @property
    def notices(self) -> Counter[str]:
        """Which notices were written since then; nobody has got one twice."""
        new = Notice.objects.exclude(pk__in=self._told_before)
        told = Counter(new.values_list("event", "subject", "link", "address"))
        assert set(told.values()) <= {1}, told
        return Counter(new.values_list("event", flat=True))


def eight(command: Command) -> dict[str, Command]:
    """The same eight times."""
    return {f"number {number}": command for number in range(1, 9)}


def went_through(given: object) -> bool:
    return given.status < 400 if isinstance(given, Page) else not isinstance(given, DomainError)


def is_conflict(given: object) -> bool:
    return given.status == 409 if isinstance(given, Page) else isinstance(given, Conflict)


def in_short(answers: dict[str, object]) -> dict[str, object]:
    return {name: given.status if isinstance(given, Page) else given for name, given in answers.items()}
