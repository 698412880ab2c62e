from datetime import timedelta

import pytest
from django.contrib.auth import hashers

from apps.accounts.models import Principal, SignInCounter, User
from apps.accounts.policy import ACCOUNT, ACCOUNT_AND_NETWORK, FORGOTTEN_AFTER, NETWORK
from apps.accounts.services.attempts import forget_failures
from apps.accounts.services.factors import enrol_authenticator, verify_code
from apps.accounts.services.passwords import set_password
from apps.accounts.services.people import create_group, create_user
from apps.accounts.services.sign_in import record_sign_out, sign_in
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, NOBODY, AuditAction, Outcome
from apps.common.errors import Invalid, NotAllowed
from tests.accounts.conftest import PASSWORD

HOME, OFFICE = "203.0.113.9", "198.51.100.1"
SECOND = timedelta(seconds=1)
WRONG = "not the password"


def events_of(action):
    return AuditEvent.objects.filter(action=action)


def event_of(user, action):
    return events_of(action).get(target_id=str(user.pk))


# ---- People and groups -----------------------------------------------------------------------------------


def test_creates_a_person_who_cannot_sign_in_yet(db, now):
    user = create_user(
        name="Rita\nReviewer", email=" rita@example.com ", actor=CONSOLE, now=now, time_zone="Europe/Berlin"
    )

    user = User.objects.get(pk=user.pk)
    assert (user.name, user.email, user.kind) == ("Rita Reviewer", "rita@example.com", Principal.Kind.USER)
    assert not user.has_usable_password()
    event = event_of(user, AuditAction.PERSON_CREATED)
    assert (event.actor_kind, event.at) == ("console", now)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"email": "JOHN.doe@EXAMPLE.com"}, "This address is taken."),
        ({"email": "nowhere"}, "Enter a valid email address."),
        ({"name": ""}, "cannot be blank"),
        ({"name": "x" * 121}, "at most 120"),
        ({"time_zone": "Mars/Base"}, "There is no time zone “Mars/Base”."),
        ({"type": "robot"}, "not a valid choice"),
    ],
)
def test_refuses_a_person_that_makes_no_sense(person, now, change, reason):
    facts = {"name": "Rita Reviewer", "email": "rita@example.com"} | change

    with pytest.raises(Invalid, match=reason):
        create_user(**facts, actor=CONSOLE, now=now)

    assert User.objects.count() == 1


def test_creates_a_group(db, now):
    group = create_group(name="Database operators", actor=CONSOLE, now=now, is_managed=True)

    assert (group.kind, group.is_managed, group.is_role_assignable) == ("group", True, False)
    assert event_of(group, AuditAction.GROUP_CREATED).target_name == "Database operators"


def test_sets_a_password(person, now):
    before = person.get_session_auth_hash()

    set_password(user=person, password="another good password", actor=CONSOLE, now=now)

    assert User.objects.get(pk=person.pk).check_password("another good password")
    assert person.get_session_auth_hash() != before
    assert events_of(AuditAction.PASSWORD_CHANGED).filter(target_id=str(person.pk)).count() == 2


def test_refuses_a_password_that_the_settings_forbid(person, now, settings):
    settings.AUTH_PASSWORD_VALIDATORS = [
        {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}
    ]

    with pytest.raises(Invalid, match="too short"):
        set_password(user=person, password="short", actor=CONSOLE, now=now)


# ---- The second factor -----------------------------------------------------------------------------------


def test_enrols_an_authenticator(person, now):
    device = enrol_authenticator(user=person, name="Phone", secret=b"x" * 20, actor=CONSOLE, now=now)

    assert (device.secret, device.created_at, device.confirmed) == (b"x" * 20, now, True)
    assert event_of(person, AuditAction.FACTOR_ENROLLED).details == {"device": "Phone"}


def test_makes_every_secret_anew(person, now):
    devices = [enrol_authenticator(user=person, name="Phone", actor=CONSOLE, now=now) for _ in range(2)]

    assert devices[0].secret != devices[1].secret


def test_writes_down_a_code_that_was_accepted(person, device, now):
    verify_code(user=person, code=device.code_at(now), now=now)

    event = event_of(person, AuditAction.FACTOR_VERIFIED)
    assert (event.outcome, event.actor_id) == (Outcome.SUCCESS, str(person.pk))
    assert event.details == {"device": "Phone"}
    device.refresh_from_db()
    assert device.last_used_at == now


def test_writes_down_a_code_that_was_refused(person, device, now):
    code = device.code_at(now)
    verify_code(user=person, code=code, now=now)

    with pytest.raises(NotAllowed):
        verify_code(user=person, code=code, now=now)

    event = event_of(person, AuditAction.FACTOR_REFUSED)
    assert (event.outcome, event.details) == (Outcome.FAILURE, {"answer": "used"})


# ---- Sign-in ---------------------------------------------------------------------------------------------


def attempt(now, *, password=WRONG, email="john.doe@example.com", network=HOME, known=()):
    return sign_in(email=email, password=password, network=network, known_people=known, now=now)


def refusal(now, **kwargs):
    with pytest.raises(NotAllowed) as caught:
        attempt(now, **kwargs)
    return str(caught.value)


def is_made_to_wait(now, **kwargs):
    return refusal(now, **kwargs).startswith("Too many attempts.")


def fail(times, at, **kwargs):
    """Fail so often, each time as soon as it is allowed. Gives the instant of the last failure."""
    count = 0
    while count < times:
        if is_made_to_wait(at, **kwargs):
            at += SECOND
        else:
            count += 1
    return at


def test_signs_in_whoever_has_the_password(person, now):
    assert attempt(now, password=PASSWORD, email=" JOHN.DOE@example.com ") == person

    person.refresh_from_db()
    assert person.last_sign_in_at == now
    event = event_of(person, AuditAction.SIGNED_IN)
    assert (event.actor_id, event.details) == (str(person.pk), {"network": HOME})


def test_answers_the_same_whatever_is_wrong(person, guest, now):
    guest.is_enabled = False
    guest.save()

    answers = {
        refusal(now),
        refusal(now, email="nobody@example.com"),
        refusal(now, email="guest@example.com", password=PASSWORD),
    }

    assert answers == {"The e-mail address or the password is wrong, or the account is disabled."}
    events = events_of(AuditAction.SIGN_IN_REFUSED)
    assert {event.details["reason"] for event in events} == {
        "wrong password",
        "unknown account",
        "account disabled",
    }
    assert {event.actor_id for event in events} == {NOBODY.id}
    assert not events.filter(target_name__contains="nobody@").exists()


@pytest.mark.parametrize("email", ["john.doe@example.com", "nobody@example.com", "guest@example.com"])
def test_hashes_once_and_asks_the_database_as_often_for_every_account(
    person, guest, now, email, monkeypatch, django_assert_num_queries
):
    guest.set_unusable_password()
    guest.save()
    hasher = type(hashers.get_hasher())
    calls, encode = [], hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda *args: calls.append(1) or encode(*args))
    refusal(now, email=email)
    calls.clear()

    with django_assert_num_queries(7):
        refusal(now, email=email)

    assert len(calls) == 1


def test_waits_grow_with_failures_at_one_place(person, now):
    at = fail(ACCOUNT_AND_NETWORK.free, now)
    until = at + ACCOUNT_AND_NETWORK.first

    assert at == now
    assert refusal(until - SECOND, password=PASSWORD) == "Too many attempts. Try again in 1 s."
    assert not is_made_to_wait(until)
    assert is_made_to_wait(until + 2 * ACCOUNT_AND_NETWORK.first - SECOND)
    assert attempt(until + 2 * ACCOUNT_AND_NETWORK.first, password=PASSWORD) == person


def test_makes_an_unknown_account_wait_just_as_long(person, now):
    fail(ACCOUNT_AND_NETWORK.free, now, email="nobody@example.com")

    assert refusal(now, email=" NOBODY@example.com") == "Too many attempts. Try again in 5 s."


def test_lets_others_at_the_same_place_sign_in_meanwhile(person, guest, now):
    fail(ACCOUNT_AND_NETWORK.free, now)

    assert attempt(now, password=PASSWORD, email="guest@example.com") == guest


def test_lets_the_person_sign_in_from_elsewhere_meanwhile(person, now):
    fail(ACCOUNT_AND_NETWORK.free, now)

    assert attempt(now, password=PASSWORD, network=OFFICE) == person


def test_starts_afresh_after_a_sign_in(person, now):
    fail(ACCOUNT_AND_NETWORK.free - 1, now)
    attempt(now, password=PASSWORD)

    fail(ACCOUNT_AND_NETWORK.free - 1, now)

    assert attempt(now, password=PASSWORD) == person


def test_makes_a_place_wait_that_tries_many_accounts(person, now):
    for number in range(NETWORK.free):
        refusal(now, email=f"person{number}@example.com")

    assert is_made_to_wait(now, password=PASSWORD)
    assert attempt(now, password=PASSWORD, network=OFFICE) == person
    assert attempt(now + NETWORK.first, password=PASSWORD) == person


def test_keeps_the_count_of_a_place_when_somebody_there_signs_in(person, now):
    for number in range(NETWORK.free - 1):
        refusal(now, email=f"person{number}@example.com")
    attempt(now, password=PASSWORD)

    refusal(now, email="last@example.com")

    assert is_made_to_wait(now, email="one-more@example.com")


def guess_from_everywhere(now):
    for number in range(ACCOUNT.free):
        refusal(now, network=f"192.0.2.{number}")


def test_makes_an_account_wait_that_is_guessed_from_many_places(person, now):
    guess_from_everywhere(now)

    assert is_made_to_wait(now, password=PASSWORD, network=OFFICE)
    assert is_made_to_wait(now + ACCOUNT.first - SECOND, password=PASSWORD, network=OFFICE)
    assert attempt(now + ACCOUNT.first, password=PASSWORD, network=OFFICE) == person


def test_lets_nobody_shut_a_person_out_of_a_browser_they_know(person, guest, now):
    guess_from_everywhere(now)

    assert attempt(now, password=PASSWORD, known=[str(person.pk)]) == person
    assert is_made_to_wait(now, password=PASSWORD, network=OFFICE, known=[str(guest.pk)])


def test_lets_nobody_behind_the_same_address_shut_a_person_out_of_a_browser_they_know(person, now):
    for number in range(NETWORK.free):
        refusal(now, email=f"person{number}@example.com")

    assert is_made_to_wait(now, password=PASSWORD)
    assert attempt(now, password=PASSWORD, known=[str(person.pk)]) == person


def test_makes_a_browser_that_the_person_knows_wait_for_its_own_failures(person, now):
    known = [str(person.pk)]

    fail(ACCOUNT_AND_NETWORK.free, now, known=known)

    assert is_made_to_wait(now, password=PASSWORD, known=known)


def test_stores_nothing_of_what_was_typed_as_an_address(person, now):
    refusal(now, email="my-secret-password")

    assert not SignInCounter.objects.filter(key__contains="secret").exists()
    assert all(len(counter.key) == 64 for counter in SignInCounter.objects.all())


def test_removes_counters_of_which_nothing_is_left(person, now):
    refusal(now)

    assert forget_failures(now=now + FORGOTTEN_AFTER - SECOND) == 0
    assert forget_failures(now=now + FORGOTTEN_AFTER) == 3
    assert not SignInCounter.objects.exists()


def test_writes_down_a_sign_out(person, now):
    record_sign_out(user=person, now=now)

    assert event_of(person, AuditAction.SIGNED_OUT).actor_id == str(person.pk)
