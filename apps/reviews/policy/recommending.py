"""What the evidence on a line speaks for: to keep the access or to take it away, and why, in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from uuid import UUID

from django.db.models import TextChoices

from apps.common import instants
from apps.common.lookup import present
from apps.common.text import counted

USE_WINDOW = timedelta(days=90)  # activations count for so long; what is unused for so long should go
LOOK_BACK_DAYS = 30  # within so many days somebody should have signed in (Entra's default)

# From so many different spans of so many days on, within the window, this is a habit.
_HABITS = (
    (1, 45, "uses it every day"),  # of some 64 working days
    (7, 10, "uses it every week"),  # of 13
    (30, 3, "uses it every month"),
)


class Recommendation(TextChoices):
    APPROVE = "approve", "Approve"
    DENY = "deny", "Deny"
    NO_INFO = "no_info", "No recommendation"


@dataclass(frozen=True)
class Advice:
    """`short` goes below the recommendation in a column, `reason` is the whole sentence."""

    recommendation: Recommendation
    short: str
    reason: str


@dataclass(frozen=True)
class Person:
    """Somebody who holds a row. `is_member` is false for whoever only may come to be in the group."""

    id: UUID
    name: str
    email: str
    created_at: datetime
    is_enabled: bool = True
    last_sign_in_at: datetime | None = None
    is_member: bool = True

    def to_json(self) -> dict[str, str | bool]:
        return {
            "id": str(self.id),
            "name": self.name,
            "email": self.email,
            "is_enabled": self.is_enabled,
            "is_member": self.is_member,
        }


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known at the instant `at` of one assigned row and of those who hold it.

    `people`: the holder, or everybody who is, or may come to be, in the group that holds it. `activations`,
    `usual_minutes` (the median of their real lengths), `habit` and `decided_requests` are about the last 90
    days; `last_used_at` is the last activation ever. Activations count where they rest on this very row.
    Days in sentences are those of `zone`.
    """

    at: datetime
    is_group: bool
    is_eligible: bool
    is_permanent: bool
    held_since: datetime
    holder_created_at: datetime
    people: tuple[Person, ...]
    look_back_days: int = LOOK_BACK_DAYS
    zone: tzinfo = UTC
    activations: int = 0
    last_used_at: datetime | None = None
    usual_minutes: int | None = None
    habit: str = ""
    decided_requests: int = 0

    @property
    def counting(self) -> tuple[Person, ...]:
        """The people whose sign-ins count: the enabled ones, and all where nobody is enabled."""
        return tuple(person for person in self.people if person.is_enabled) or self.people

    @property
    def last_sign_in_at(self) -> datetime | None:
        """Of a group the latest of its people."""
        return max((at for person in self.counting if (at := person.last_sign_in_at)), default=None)

    @property
    def look_back_from(self) -> datetime:
        return self.at - timedelta(days=self.look_back_days)

    def day(self, instant: datetime) -> str:
        return instants.day(instant, self.zone)


def recommend(evidence: Evidence) -> Advice:
    """What the first rule says that has something to say."""
    return next(advice for rule in _RULES if (advice := rule(evidence)))


def is_inactive(evidence: Evidence, days: int) -> bool:
    """Whether nobody who holds this has signed in for so many days, and all have existed for that long
    (Entra behaviour). A group that nobody is in counts once it is as old."""
    before = evidence.at - timedelta(days=days)
    created = [evidence.holder_created_at, *(person.created_at for person in evidence.counting)]
    return max(created) <= before and _not_since(evidence.last_sign_in_at, before)


def is_unused(evidence: Evidence, days: int) -> bool:
    """Whether this is eligible, held for so many days, and was not activated in them."""
    before = evidence.at - timedelta(days=days)
    return (
        evidence.is_eligible and evidence.held_since <= before and _not_since(evidence.last_used_at, before)
    )


def habit_of(starts: Collection[datetime], *, now: datetime) -> str:
    """How regularly something began within the window that ends `now`, as people say it; empty for never."""
    for days, least, words in _HABITS:
        if len({(now - start) // timedelta(days=days) for start in starts}) >= least:
            return words
    if not starts:
        return ""
    return "used once" if len(starts) == 1 else f"used {len(starts)} times"


def _not_since(instant: datetime | None, since: datetime) -> bool:
    return instant is None or instant <= since


# ---- The rules, in the order in which they speak -----------------------------------------------------------


def _disabled(evidence: Evidence) -> Advice | None:
    if not evidence.people or any(person.is_enabled for person in evidence.people):
        return None
    if evidence.is_group:
        return _deny("all accounts disabled", "Everybody in this group is disabled.")
    return _deny("account is disabled", "The account is disabled.")


def _nobody(evidence: Evidence) -> Advice | None:
    if evidence.people:
        return None
    return _deny("nobody is in it", "Nobody is in this group, and nobody may join it.")


def _new(evidence: Evidence) -> Advice | None:
    """Of whoever has just come nothing is known yet."""
    if _seen_lately(evidence) or not _newcomers(evidence):
        return None
    if evidence.is_group:
        reason = f"{_nobody_in(evidence)} has signed in lately, but some accounts are younger than"
    else:
        reason = "Has not signed in yet, but the account is younger than"
    return Advice(
        Recommendation.NO_INFO, "account is new", f"{reason} {counted(evidence.look_back_days, 'day')}."
    )


def _away(evidence: Evidence) -> Advice | None:
    if _seen_lately(evidence):
        return None
    last = evidence.last_sign_in_at
    how = f"signed in since {evidence.day(last)}" if last else "ever signed in"
    if evidence.is_group:
        reason = f"{_nobody_in(evidence)} has {how}"
    else:
        reason = f"Has not {how}" if last else "Has never signed in"
    always = evidence.is_permanent and not evidence.is_eligible
    short = "no recent sign-in" if last else "never signed in"
    return _deny(short, f"{reason}, and the role is active all the time." if always else f"{reason}.")


def _unused(evidence: Evidence) -> Advice | None:
    if not is_unused(evidence, USE_WINDOW.days):
        return None
    if evidence.last_used_at is None:
        return _deny(
            "never used", f"Eligible since {evidence.day(evidence.held_since)}, and never activated."
        )
    return _deny(
        f"not used in {USE_WINDOW.days} days", f"Not activated since {evidence.day(evidence.last_used_at)}."
    )


def _used(evidence: Evidence) -> Advice | None:
    if not evidence.activations or evidence.last_used_at is None:
        return None
    times = "once" if evidence.activations == 1 else f"{evidence.activations:,} times"
    last = evidence.day(evidence.last_used_at)
    reason = f"Activated {times} in {USE_WINDOW.days} days, last on {last}."
    return Advice(Recommendation.APPROVE, evidence.habit or "used recently", reason)


def _signed_in(evidence: Evidence) -> Advice:
    """Whoever is left was seen lately: this rule has always something to say."""
    return Advice(Recommendation.APPROVE, "signed in recently", _sentence_on_sign_in(evidence))


_RULES: Sequence[Callable[[Evidence], Advice | None]] = (
    _disabled,
    _nobody,
    _new,
    _away,
    _unused,
    _used,
    _signed_in,
)


# ---- What they share ---------------------------------------------------------------------------------------


def _deny(short: str, reason: str) -> Advice:
    return Advice(Recommendation.DENY, short, reason)


def _seen_lately(evidence: Evidence) -> bool:
    """Whether somebody signed in or used the role within the look-back: whoever activates is there."""
    since = evidence.look_back_from
    return not (_not_since(evidence.last_sign_in_at, since) and _not_since(evidence.last_used_at, since))


def _newcomers(evidence: Evidence) -> list[Person]:
    return [
        person
        for person in evidence.counting
        if person.last_sign_in_at is None and person.created_at > evidence.look_back_from
    ]


def _nobody_in(evidence: Evidence) -> str:
    everybody = len(evidence.counting) == len(evidence.people)
    return "Nobody in this group" if everybody else "Nobody enabled in this group"


def _sentence_on_sign_in(evidence: Evidence) -> str:
    last = evidence.day(present(evidence.last_sign_in_at))
    if not evidence.is_group:
        return f"Signed in on {last}."
    since, days = evidence.look_back_from, evidence.look_back_days
    lately = sum(not _not_since(person.last_sign_in_at, since) for person in evidence.counting)
    people = "1 person" if len(evidence.people) == 1 else f"{len(evidence.people):,} people"
    return f"{lately:,} of {people} in this group signed in within {days} days, last on {last}."
