"""Counting tries at a password, and how long to wait before the next one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.crypto import salted_hmac

from apps.accounts.models import SignInCounter, User
from apps.accounts.policy import (
    ACCOUNT,
    ACCOUNT_AND_NETWORK,
    FORGOTTEN_AFTER,
    NETWORK,
    ONE_TIME_CODES,
    Limit,
    wait_in_words,
)
from apps.common.decision import Refusal
from apps.common.errors import NotAllowed


def limits_of(user: User | None, email: str, network: str, known_people: Collection[str]) -> dict[str, Limit]:
    """What holds a try at this account from this network, by the keys of the counters. A browser in which
    the person signed in before is held by its own failures alone, so that nobody can shut them out of it,
    neither by guessing from many machines nor by failing from behind the same address."""
    account = str(user.pk) if user else email.strip().lower()
    own = {_counter_key("pair", account, network): ACCOUNT_AND_NETWORK}
    if account in known_people:
        return own
    return own | {_counter_key("network", network): NETWORK, _counter_key("account", account): ACCOUNT}


def limits_of_own_password(user: User, network: str) -> dict[str, Limit]:
    """What holds a try at their password by somebody who is signed in: the same count as at signing in."""
    return {_counter_key("pair", str(user.pk), network): ACCOUNT_AND_NETWORK}


def limits_of_codes(user: User) -> dict[str, Limit]:
    """What holds a try at a one-time code of this person, who has signed in with a password."""
    return {_counter_key("one-time code", str(user.pk)): ONE_TIME_CODES}


@transaction.atomic
def take_attempt(limits: dict[str, Limit], now: datetime) -> None:
    """Count a failure before the password is looked at: many tries at one moment count one by one. Refuses,
    and counts nothing, while one of the limits says to wait."""
    fresh = [SignInCounter(key=key, last_at=now) for key in sorted(limits)]
    SignInCounter.objects.bulk_create(fresh, ignore_conflicts=True)
    counters = list(SignInCounter.objects.select_for_update().filter(key__in=limits).order_by("key"))
    until = max((c.last_at + limits[c.key].wait(c.failures) for c in counters), default=now)
    if now < until:
        sentence = f"Too many attempts. Try again in {wait_in_words(until - now)}."
        raise NotAllowed((Refusal("SignIn", sentence),))
    for counter in counters:
        elapsed = max(now - counter.last_at, timedelta(0))
        counter.failures = limits[counter.key].remaining(counter.failures, elapsed) + 1
        counter.last_at = now
    SignInCounter.objects.bulk_update(counters, ["failures", "last_at"])


def give_back(limits: dict[str, Limit]) -> None:
    """It was no failure after all. This person at this place starts afresh; the others lose this one only,
    or an own account would wash away what was tried on other people's."""
    for key, limit in sorted(limits.items()):
        left = 0.0 if limit is ACCOUNT_AND_NETWORK else Greatest(F("failures") - 1, 0.0)
        SignInCounter.objects.filter(key=key).update(failures=left)


@transaction.atomic
def forget_failures(*, now: datetime) -> int:
    """Remove the counters of which nothing is left. The order is that of `take_attempt`, so that the two
    never wait for each other."""
    old = SignInCounter.objects.filter(last_at__lte=now - FORGOTTEN_AFTER)
    keys = [counter.key for counter in old.select_for_update().order_by("key")]
    return SignInCounter.objects.filter(key__in=keys).delete()[0]


def _counter_key(kind: str, *parts: str) -> str:
    return salted_hmac(f"accounts.sign_in.{kind}", "\n".join(parts), algorithm="sha256").hexdigest()
