from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.policy import Ground
from apps.accounts.selectors import has_second_factor, recovery_codes_of
from apps.accounts.services.enrolment import begin_enrolment
from apps.accounts.services.one_time_codes import replace_recovery_codes
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction


@pytest.fixture
def run(db):
    def call(*arguments):
        out = StringIO()
        call_command("enrolment_code", *arguments, stdout=out)
        return out.getvalue()

    return call


def test_prints_a_code_that_works(run, guest):
    printed = run("GUEST@example.com")

    event = AuditEvent.objects.get(action=AuditAction.ENROLMENT_CODE_ISSUED)
    assert (event.actor_kind, event.target_id) == ("console", str(guest.pk))
    assert begin_enrolment(user=guest, ground=Ground.ENROLMENT_CODE, code=printed, now=event.at)


def test_replaces_what_somebody_has_lost(run, person, device, now):
    replace_recovery_codes(person, now=now)

    printed = run(person.email, "--lost")

    assert not has_second_factor(person)
    assert not recovery_codes_of(person).left
    event = AuditEvent.objects.get(action=AuditAction.ENROLMENT_CODE_ISSUED)
    assert begin_enrolment(user=person, ground=Ground.ENROLMENT_CODE, code=printed, now=event.at)


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("nobody@example.com", "Nobody signs in with nobody@example.com."),
        ("john.doe@example.com", "This person has a second factor already."),
    ],
)
def test_says_in_a_sentence_why_there_is_none(run, person, device, email, sentence):
    with pytest.raises(CommandError, match=sentence) as caught:
        run(email)

    assert caught.value.returncode == 1
    assert not AuditEvent.objects.filter(action=AuditAction.ENROLMENT_CODE_ISSUED).exists()
