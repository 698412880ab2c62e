from datetime import timedelta

import pytest

from apps.accounts.models import OneTimeCode, User
from apps.accounts.policy import SETTING_UP_LASTS, Ground, SecondFactor
from apps.accounts.selectors import (
    IS_ENROLLED,
    RecoveryCodes,
    device_being_set_up,
    devices_being_set_up,
    devices_by_user,
    has_second_factor,
    recovery_codes_of,
    second_factors_of,
    user_by_email,
    users_by_email,
)
from apps.accounts.services.enrolment import begin_enrolment, confirm_enrolment
from apps.accounts.services.factors import enrol_authenticator
from apps.accounts.services.one_time_codes import make_recovery_codes
from apps.audit.vocabulary import CONSOLE

INSTANT = timedelta(microseconds=1)


def test_finds_a_person_however_the_address_is_written(person):
    assert user_by_email(" JOHN.doe@Example.COM") == person
    assert user_by_email("john.do@example.com") is None
    assert user_by_email("") is None


def test_finds_several_people_in_one_query(person, guest, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = users_by_email(["JOHN.DOE@example.com", "guest@example.com", "nobody@example.com"])

    assert found == {"john.doe@example.com": person, "guest@example.com": guest}


def test_knows_who_could_prove_a_second_factor(person, guest, device):
    assert has_second_factor(person)
    assert not has_second_factor(guest)
    assert User.objects.get(IS_ENROLLED) == person


def test_counts_no_device_that_is_not_confirmed(person, device):
    device.confirmed = False
    device.save()

    assert not has_second_factor(person)
    assert not User.objects.filter(IS_ENROLLED).exists()


def test_gives_the_newest_device_of_each_person(person, guest, device, now, django_assert_num_queries):
    newer = enrol_authenticator(user=person, name="New phone", actor=CONSOLE, now=now)

    with django_assert_num_queries(1):
        assert devices_by_user([person.pk, guest.pk]) == {person.pk: newer}


# ---- Second factors of one person ------------------------------------------------------------------------


def test_lets_every_factor_go_but_the_last(person, device, now):
    [row] = second_factors_of(person).rows
    assert (row.device, row.can_delete.rules) == (device, ("LastFactor",))

    enrol_authenticator(user=person, name="Spare", actor=CONSOLE, now=now)

    assert all(row.can_delete for row in second_factors_of(person).rows)


def test_counts_the_recovery_codes_that_are_left(person, device, now):
    assert recovery_codes_of(person) == RecoveryCodes(0, None)

    make_recovery_codes(user=person, second_factor=SecondFactor(now), keep=None, now=now)
    used = OneTimeCode.objects.filter(user=person).order_by("pk")[:7]
    OneTimeCode.objects.filter(pk__in=[code.pk for code in used]).update(used_at=now)

    assert recovery_codes_of(person) == RecoveryCodes(3, now)
    assert recovery_codes_of(person).are_few
    assert not RecoveryCodes(4, now).are_few


@pytest.mark.parametrize("count", [2, 20])
def test_asks_two_queries_for_any_number_of_factors(person, now, count, django_assert_num_queries):
    for _ in range(count):
        enrol_authenticator(user=person, name="Phone", actor=CONSOLE, now=now)

    with django_assert_num_queries(2):
        assert len(second_factors_of(person).rows) == count


def test_finds_what_is_being_set_up_for_its_owner_and_for_half_an_hour(person, guest, now):
    pending = begin_enrolment(user=guest, ground=Ground.DEMO, now=now)
    late = now + SETTING_UP_LASTS

    assert device_being_set_up(guest, pending.pk, now=late - INSTANT) == pending
    assert device_being_set_up(guest, pending.pk, now=late) is None
    assert device_being_set_up(person, pending.pk, now=now) is None
    assert device_being_set_up(guest, None, now=now) is None
    assert devices_being_set_up([person.pk, guest.pk], now=now) == {guest.pk: pending}
    assert devices_being_set_up([guest.pk], now=late) == {}


def test_finds_nothing_being_set_up_that_was_finished(guest, now):
    pending = begin_enrolment(user=guest, ground=Ground.DEMO, now=now)
    confirm_enrolment(device=pending, name="Phone", code=pending.code_at(now), keep=None, now=now)

    assert device_being_set_up(guest, pending.pk, now=now) is None
