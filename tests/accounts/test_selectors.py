from apps.accounts.selectors import (
    devices_by_user,
    enrolled_user_ids,
    has_second_factor,
    user_by_email,
    users_by_email,
)
from apps.accounts.services.factors import enrol_authenticator
from apps.audit.vocabulary import CONSOLE


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
    assert enrolled_user_ids([person.pk, guest.pk]) == {person.pk}


def test_counts_no_device_that_is_not_confirmed(person, device):
    device.confirmed = False
    device.save()

    assert not has_second_factor(person)
    assert enrolled_user_ids([person.pk]) == set()


def test_gives_the_newest_device_of_each_person(person, guest, device, now, django_assert_num_queries):
    newer = enrol_authenticator(user=person, name="New phone", actor=CONSOLE, now=now)

    with django_assert_num_queries(1):
        assert devices_by_user([person.pk, guest.pk]) == {person.pk: newer}
