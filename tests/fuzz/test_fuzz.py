"""Hostile visitors at every route and form. A failure names its seed and the smallest request that shows it.

FUZZ_SEED=7 python -m pytest tests/fuzz     the same walk once more
FUZZ=all python -m pytest tests/fuzz        everything there is to try; `make fuzz`
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.accounts.models import AuthenticatorDevice, Session
from tests.driving.page import Page
from tests.driving.visitor import session_of
from tests.fuzz.oracle import Oracle, Writes
from tests.fuzz.walk import Try, Walk
from tests.test_access_matrix import EXPECTED, HEAD

pytestmark = pytest.mark.django_db

DEEP = os.environ.get("FUZZ") == "all"
SEED = int(os.environ.get("FUZZ_SEED") or (Random().randrange(10**6) if DEEP else 6))


@pytest.fixture
def now() -> Iterator[object]:
    """The clock stands still, so that a walk can be walked again."""
    with time_machine.travel(timezone.now(), tick=False):
        yield timezone.now()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Each refusal is logged with its trace; there are thousands."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


class Visitors:
    """The people of the world, each in a browser in which they have just proved their second factor."""

    def __init__(self, people, now):
        self._browsers = {who: Client(raise_request_exception=False) for who in people}
        self._keys = {who: session_of(person, now) if person else "" for who, person in people.items()}
        devices = {device.user_id: device for device in AuthenticatorDevice.objects.all()}
        self._devices = {who: person and devices[person.pk] for who, person in people.items()}
        self._now = now

    def send(self, request: Try) -> HttpResponse:
        browser = self._browsers[request.who]
        browser.cookies.clear()
        if self._keys[request.who]:
            browser.cookies[settings.SESSION_COOKIE_NAME] = self._keys[request.who]
        content_type, body = request.body
        headers = dict(request.headers)
        return browser.generic(request.method, request.address, body, content_type, **headers)

    def code_of(self, who: str) -> str:
        return self._devices[who].code_at(self._now) if self._devices[who] else "123456"


@pytest.fixture
def visitors(people, named, sent, now):
    return Visitors(people, now)


@pytest.fixture
def walk(visitors, address_of, named):
    @cache
    def look(who: str, path: str) -> Page | None:
        response = visitors.send(Try(who, "GET", path))
        is_page = response.status_code == 200 and response.get("Content-Type", "").startswith("text/html")
        return Page(path, 200, response.headers, response.content, 0) if is_page else None

    ids = {str(getattr(thing, "pk", "")) for thing in named.values()}
    ids |= {str(part) for thing in named.values() if isinstance(thing, list) for part in thing}
    return Walk(Random(SEED), address_of, sorted(ids - {""}), look, visitors.code_of)


@pytest.fixture
def oracle(visitors, people):
    keys = set(Session.objects.values_list("session_key", flat=True))
    passwords = {person.password for person in people.values() if person}
    return Oracle(EXPECTED, keys | passwords | {settings.SECRET_KEY, *settings.FACTOR_KEYS})


@pytest.fixture
def judge(visitors, oracle):
    """What there is to say of a request, and of the page that its answer leads to. Nothing of it stays."""

    def judged(request: Try) -> list[str]:
        before = transaction.savepoint()
        try:
            with Writes().watched() as writes:
                response = visitors.send(request)
            complaints = oracle.complaints(request, response, writes)
            judged.answers[response.status_code] += 1
            if response.status_code == 302 and not complaints:
                complaints = _of_next_page(visitors, oracle, request, response)
            return complaints
        finally:
            transaction.savepoint_rollback(before)

    judged.answers = Counter()
    return judged


def _of_next_page(visitors, oracle, request: Try, response: HttpResponse) -> list[str]:
    following = Try(request.who, "GET", response["Location"])
    with Writes().watched() as writes:
        return oracle.complaints(following, visitors.send(following), writes)


def smallest(request: Try, judge) -> Try:
    """What is left when everything is taken away that the complaint does not need."""
    for smaller in request.smaller():
        if judge(smaller):
            return smallest(smaller, judge)
    return request


def test_withstands_hostile_visitors(walk, judge):
    found: dict[str, Try] = {}

    for route in EXPECTED:
        for request in _everything(walk, route) if DEEP else _a_little(walk, route):
            for complaint in judge(request):
                found.setdefault(f"{route}: {complaint}", request)

    print(f"Seed {SEED}. {judge.answers.total()} requests: {dict(judge.answers)}")  # noqa: T201
    told = [f"{complaint}\n{smallest(request, judge)}" for complaint, request in found.items()]
    assert not told, f"FUZZ_SEED={SEED}:\n" + "\n\n".join(told)


def _everything(walk: Walk, route: str) -> Iterator[Try]:
    for who in HEAD:
        yield from walk.some(walk.forms, route, who, 120)
        for kind in walk.kinds:
            yield from walk.some(kind, route, who, 8)


def _a_little(walk: Walk, route: str) -> Iterator[Try]:
    """By somebody who gets somewhere, rather than all who are refused at the door."""
    welcome = [who for who, cell in EXPECTED[route].items() if "200" in cell or "400" in cell]
    who = walk.random.choice(welcome if welcome and walk.random.random() < 0.8 else HEAD)
    yield from walk.some(walk.forms, route, who, 1) if walk.random.random() < 0.7 else ()
    yield from walk.some(walk.random.choice(walk.kinds), route, who, 1)
