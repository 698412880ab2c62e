"""A hundred guesses at one moment, by real threads: how many of them are looked at at all."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from django.db import connections

from apps.accounts.models import AuthenticatorDevice, OneTimeCode
from apps.accounts.policy import ACCOUNT, ACCOUNT_AND_NETWORK, NETWORK, ONE_TIME_CODES, Ground, SecondFactor
from apps.accounts.services.enrolment import begin_enrolment
from apps.accounts.services.factors import verify_code
from apps.accounts.services.one_time_codes import make_recovery_codes
from apps.accounts.services.sign_in import sign_in
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import NotAllowed

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

GUESSES = 100


def together(guesses):
    """All of them, twenty at a time, as a server with twenty threads would take them."""

    def try_one(guess):
        try:
            with suppress(NotAllowed):
                guess()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(try_one, guesses))


def looked_at(action):
    return AuditEvent.objects.filter(action=action).count()


def guess(email, number, network, now):
    return partial(sign_in, email=email, password=f"x{number}", network=network, known_people=[], now=now)


def test_looks_at_few_passwords_of_one_account_from_one_place(requester, now):
    together([guess(requester.email, number, "203.0.113.9", now) for number in range(GUESSES)])

    assert looked_at(AuditAction.SIGN_IN_REFUSED) == ACCOUNT_AND_NETWORK.free


def test_looks_at_few_passwords_of_one_account_from_anywhere(requester, now):
    together([guess(requester.email, number, f"203.0.113.{number}", now) for number in range(GUESSES)])

    assert looked_at(AuditAction.SIGN_IN_REFUSED) == ACCOUNT.free


def test_looks_at_few_accounts_from_one_place(db, now):
    together([guess(f"a{number}@example.com", 7, "203.0.113.9", now) for number in range(GUESSES)])

    assert looked_at(AuditAction.SIGN_IN_REFUSED) == NETWORK.free


def test_looks_at_one_code_of_an_app(requester, now):
    device, step = AuthenticatorDevice.objects.get(user=requester), timedelta(seconds=30)
    right = {device.code_at(now + step * steps) for steps in (-1, 0, 1)}
    wrong = {f"{number:06}" for number in range(GUESSES)} - right

    together([partial(verify_code, user=requester, code=code, now=now) for code in wrong])

    assert looked_at(AuditAction.FACTOR_REFUSED) == 1


def test_looks_at_few_recovery_codes(requester, now):
    make_recovery_codes(user=requester, second_factor=SecondFactor(now), keep=None, now=now)
    begin = partial(begin_enrolment, user=requester, ground=Ground.RECOVERY_CODE, now=now)

    together([partial(begin, code=f"AAAA-AAAA-{number:04}") for number in range(GUESSES)])

    assert looked_at(AuditAction.FACTOR_REFUSED) == ONE_TIME_CODES.free
    assert not OneTimeCode.objects.exclude(used_at=None).exists()
