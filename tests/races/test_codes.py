"""What counts once, sent eight times from eight browsers of one person."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AuthenticatorDevice, OneTimeCode
from apps.accounts.policy import SecondFactor
from apps.accounts.services.one_time_codes import make_recovery_codes
from apps.assignments.models import Assignment
from apps.audit.vocabulary import AuditAction
from apps.roles import built_in
from tests.access_requests.pages import asked, code_of
from tests.factories import assign, make_resource, make_user
from tests.races.portal import Browser
from tests.races.rounds import went_through

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

EIGHT = range(8)


def the_one(answers: dict[str, object]) -> str:
    (first,) = [name for name, given in answers.items() if went_through(given)]
    return first


def refused(told: object, sentence: str) -> bool:
    """It is as any code that does not count: after the first of them the others wait."""
    return told.status == 400 and any(said in told.text for said in (sentence, "Try again in"))


def test_counts_a_code_of_the_second_factor_once(rounds, now):
    """Each browser activates something else: what is spent is the code."""
    places = [make_resource(now=now) for _ in EIGHT]
    url = reverse("access_requests:activate")
    for turn in rounds:
        now = timezone.now()
        person = make_user(now=now)
        rows = [assign(person, built_in.CONTRIBUTOR, place, now=now) for place in places]
        code = code_of(person)

        presses = {
            row.resource.name: Browser(person, with_factor=False).pressing(
                url, **asked(row, code=code) | {"pick": row.pk}
            )
            for row in rows
        }

        answers = turn.at_once(**presses)

        turn.first = the_one(answers)
        for told in answers.values():
            assert went_through(told) or refused(told, "That code was used already.")
        activation = Assignment.objects.activated().get(principal=person.principal)
        assert activation.resource.name == turn.first
        assert turn.events[AuditAction.FACTOR_VERIFIED] == turn.events[AuditAction.ACTIVATION_ADDED] == 1


def test_counts_a_recovery_code_once(rounds):
    url = reverse("accounts:recover")
    for turn in rounds:
        now = timezone.now()
        person = make_user(now=now)
        code = make_recovery_codes(user=person, second_factor=SecondFactor(now), keep=None, now=now)[0]

        answers = turn.at_once(
            **{
                f"browser {number}": Browser(person, with_factor=False).pressing(url, code=code)
                for number in EIGHT
            }
        )

        turn.first = the_one(answers)
        for told in answers.values():
            assert went_through(told) or refused(told, "That code is wrong, expired or used.")
        assert OneTimeCode.objects.filter(user=person, used_at=None).count() == 9
        assert AuthenticatorDevice.objects.filter(user=person, confirmed=False).count() == 1
        assert turn.events[AuditAction.RECOVERY_CODE_USED] == 1
