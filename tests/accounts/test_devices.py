from datetime import timedelta

import pytest
from cryptography.fernet import InvalidToken

from apps.accounts.services.factors import enrol_authenticator, verify_code
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.encryption import seal, unseal
from apps.common.errors import NotAllowed

SECOND = timedelta(seconds=1)


def refusal_of(user, code, now):
    with pytest.raises(NotAllowed) as caught:
        verify_code(user=user, code=code, now=now)
    assert caught.value.rules == ("MfaRule",)
    assert caught.value.refusals[0].field == "code"
    return str(caught.value)


def wrong_code(device, now):
    """A code that no step around `now` has."""
    right = {device.code_at(now + step * 30 * SECOND) for step in range(-2, 3)}
    return next(code for code in map("{:06}".format, range(6)) if code not in right)


# ---- Secrets at rest -------------------------------------------------------------------------------------


def test_stores_the_secret_encrypted(device):
    device.refresh_from_db()

    assert len(device.secret) == 20
    assert device.secret.hex() not in device.sealed_secret
    assert device.sealed_secret != seal(device.secret)


def test_opens_what_an_older_key_sealed(settings):
    settings.FACTOR_KEYS = ["old"]
    sealed = seal(b"secret")

    settings.FACTOR_KEYS = ["new", "old"]

    assert unseal(sealed) == b"secret"


def test_seals_with_the_newest_key(settings):
    settings.FACTOR_KEYS = ["new", "old"]
    sealed = seal(b"secret")

    settings.FACTOR_KEYS = ["old"]

    with pytest.raises(InvalidToken):
        unseal(sealed)


def test_tells_an_app_everything_it_needs_to_show_codes(device):
    assert device.setup_uri.startswith("otpauth://totp/John.Doe@example.com?secret=")
    assert "issuer=PIM+Portal" in device.setup_uri


# ---- One code counts once --------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [-30, -1, 0, 29, 30, 59])
def test_accepts_a_code_that_is_a_step_early_or_late(person, device, now, late):
    code = device.code_at(now)  # 13:00:00 begins a step

    assert verify_code(user=person, code=code, now=now + late * SECOND) == device


@pytest.mark.parametrize("late", [-31, 60, 61])
def test_refuses_a_code_outside_its_time(person, device, now, late):
    code = device.code_at(now)

    assert "wrong" in refusal_of(person, code, now + late * SECOND)


def test_refuses_a_code_the_second_time(person, device, now):
    code = device.code_at(now)
    verify_code(user=person, code=code, now=now)

    assert refusal_of(person, code, now) == "That code was used already. Wait for the next one."


def test_refuses_an_older_code_after_a_newer_one(person, device, now):
    older = device.code_at(now)
    verify_code(user=person, code=device.code_at(now + 30 * SECOND), now=now + 30 * SECOND)

    assert "used already" in refusal_of(person, older, now + 31 * SECOND)


def test_refuses_the_code_of_somebody_else(guest, device, now):
    assert "wrong" in refusal_of(guest, device.code_at(now), now)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 456", "-12345", "1e5000"])
def test_refuses_what_is_no_code(person, device, now, code):
    assert "wrong" in refusal_of(person, code, now)


def test_does_not_count_a_device_before_it_is_confirmed(person, device, now):
    device.confirmed = False
    device.save()

    assert "wrong" in refusal_of(person, device.code_at(now), now)


# ---- Waits -----------------------------------------------------------------------------------------------


@pytest.fixture
def spare(person, now):
    return enrol_authenticator(user=person, name="Tablet", actor=CONSOLE, now=now)


def test_lets_wrong_codes_add_up_on_no_device_once_another_was_right(person, device, spare, now):
    for day in range(12):
        then = now + timedelta(days=day)
        refusal_of(person, wrong_code(device, then), then)
        verify_code(user=person, code=device.code_at(then + 60 * SECOND), now=then + 60 * SECOND)

    later = then + timedelta(hours=1)
    refusal_of(person, wrong_code(device, later), later)

    assert verify_code(user=person, code=spare.code_at(later), now=later + 2 * SECOND) == spare


def test_records_what_was_looked_at_and_not_what_came_during_a_wait(person, device, spare, now):
    spare.throttling_failure_count, spare.throttling_failure_timestamp = 9, now
    spare.save()

    for _ in range(20):
        refusal_of(person, wrong_code(device, now), now)

    event = AuditEvent.objects.get(action=AuditAction.FACTOR_REFUSED)
    assert event.details == {"answer": "wrong"}


def test_refuses_even_the_right_code_until_the_wait_is_over(person, device, now):
    wrong = wrong_code(device, now)
    for seconds in (0, 1, 3):
        refusal_of(person, wrong, now + seconds * SECOND)
    until = now + 7 * SECOND

    refusal = refusal_of(person, device.code_at(now), until - SECOND)

    assert refusal == "Too many wrong codes. Try again in 1 s."
    assert verify_code(user=person, code=device.code_at(now), now=until) == device


def test_does_not_lengthen_the_wait_of_who_does_not_wait(person, device, now):
    wrong = wrong_code(device, now)
    refusal_of(person, wrong, now)
    for _ in range(5):
        refusal_of(person, wrong, now)

    assert verify_code(user=person, code=device.code_at(now), now=now + SECOND) == device


def test_forgets_wrong_codes_after_a_right_one(person, device, now):
    refusal_of(person, wrong_code(device, now), now)

    verify_code(user=person, code=device.code_at(now), now=now + SECOND)

    device.refresh_from_db()
    assert device.throttling_failure_count == 0


def test_blames_no_other_device_for_the_code_of_one(person, device, now):
    spare = type(device)(user=person, name="Spare", created_at=now)
    spare.secret = b"another secret of 20"
    spare.save()

    assert verify_code(user=person, code=spare.code_at(now), now=now) == spare

    device.refresh_from_db()
    assert device.throttling_failure_count == 0
