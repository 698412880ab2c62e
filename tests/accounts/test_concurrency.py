"""Eight at the same moment, with real threads: what counts once must count once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from apps.accounts.policy import ACCOUNT_AND_NETWORK
from apps.accounts.services.factors import verify_code
from apps.accounts.services.sign_in import sign_in
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import NotAllowed

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(command):
    """What eight threads that call `command` together get: a result, or the refusal's sentence."""
    start = Barrier(8)

    def run(_):
        start.wait()
        try:
            return command()
        except NotAllowed as refusal:
            return str(refusal)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(run, range(8)))


def test_counts_a_code_that_is_sent_eight_times_at_the_same_moment_once(person, device, now):
    code = device.code_at(now)

    answers = at_once(lambda: verify_code(user=person, code=code, now=now))

    assert answers.count(device) == 1
    assert AuditEvent.objects.filter(action=AuditAction.FACTOR_VERIFIED).count() == 1


def test_looks_at_no_more_passwords_than_the_waits_allow(person, now):
    answers = at_once(
        lambda: sign_in(email=person.email, password="wrong", network="203.0.113.9", known_people=[], now=now)
    )

    judged = [answer for answer in answers if not answer.startswith("Too many attempts.")]
    assert len(judged) == ACCOUNT_AND_NETWORK.free
