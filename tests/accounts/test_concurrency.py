"""Eight at the same moment, with real threads: what counts once must count once."""

from contextlib import suppress

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted

from apps.accounts.models import OneTimeCode, Session, User
from apps.accounts.policy import ACCOUNT_AND_NETWORK, Ground, SecondFactor
from apps.accounts.selectors import devices_of
from apps.accounts.services.enrolment import begin_enrolment
from apps.accounts.services.factors import delete_authenticator, enrol_authenticator
from apps.accounts.services.one_time_codes import issue_enrolment_code
from apps.accounts.services.passwords import change_password
from apps.accounts.services.sessions import end_other_sessions
from apps.accounts.services.sign_in import sign_in
from apps.accounts.sessions import SessionStore
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.errors import DomainError
from tests.accounts.conftest import PASSWORD
from tests.factories import make_session
from tests.races.moments import at_once, split

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def eight(command):
    return at_once(*[command] * 8)


def test_looks_at_no_more_passwords_than_the_waits_allow(person, now):
    answers = eight(
        lambda: sign_in(email=person.email, password="wrong", network="203.0.113.9", known_people=[], now=now)
    )

    judged = [answer for answer in answers if not str(answer).startswith("Too many attempts.")]
    assert len(judged) == ACCOUNT_AND_NETWORK.free


def test_counts_an_enrolment_code_that_is_sent_eight_times_at_the_same_moment_once(guest, now):
    code = issue_enrolment_code(user=guest, actor=CONSOLE, now=now)

    answers = eight(lambda: begin_enrolment(user=guest, ground=Ground.ENROLMENT_CODE, code=code, now=now))

    assert len([answer for answer in answers if not isinstance(answer, DomainError)]) == 1
    assert OneTimeCode.objects.get().used_at == now


def test_leaves_one_factor_when_both_are_deleted_at_the_same_moment(person, device, now):
    spare = enrol_authenticator(user=person, name="Spare", actor=CONSOLE, now=now)
    factor = SecondFactor(now)

    def delete(which):
        delete_authenticator(user=person, device_id=which.pk, second_factor=factor, keep=None, now=now)

    answers = at_once(lambda: delete(device), lambda: delete(spare))

    assert split(answers) == ([None], ["This is your only second factor. Add another one first."])
    assert len(devices_of(person)) == 1


def test_changes_a_password_once_when_it_is_sent_twice_at_the_same_moment(person, now):
    def change(new):
        user = User.objects.get(pk=person.pk)
        where = {"network": "203.0.113.9", "keep": None}
        return lambda: change_password(user=user, current=PASSWORD, new=new, now=now, **where)

    answers = at_once(change("one good password"), change("other good password"))

    assert split(answers) == ([None], ["Your password was changed meanwhile. Sign in with the new one."])
    changes = AuditEvent.objects.filter(action=AuditAction.PASSWORD_CHANGED, actor_id=str(person.pk))
    assert changes.count() == 1


def test_brings_no_session_back_that_gets_a_new_key_while_it_is_ended(person, now):
    def change_key(session):
        def change():
            with suppress(SessionInterrupted):
                SessionStore(session.pk).cycle_key()

        return change

    in_use = [make_session(person, now=now) for _ in range(8)]
    at_once(*map(change_key, in_use), lambda: end_other_sessions(user=person, keep="here", now=now))

    assert not Session.objects.filter(user=person).exists()
