from datetime import timedelta

import pytest
from django.db import IntegrityError

from apps.accounts.models import AuthenticatorDevice, OneTimeCode
from apps.accounts.one_time_codes import bare, new_code
from apps.common.encryption import fingerprint, fingerprints, seal

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def make(person, now):
    def build(purpose="recovery", **facts):
        expires_at = now + DAY if purpose == "enrolment" else None
        given = {"purpose": purpose, "fingerprint": new_code(), "expires_at": expires_at} | facts
        return OneTimeCode.objects.create(user=person, made_at=now, **given)

    return build


def test_makes_codes_of_sixty_bits_that_nobody_misreads():
    codes = [new_code() for _ in range(100)]

    assert len(set(codes)) == 100
    assert {len(bare(code)) for code in codes} == {12}
    assert {len(group) for code in codes for group in code.split("-")} == {4}
    assert not set("".join(codes)) & set("01IO")


@pytest.mark.parametrize("typed", ["K7QM-2XPA-9TRE", "k7qm2xpa9tre", " K7QM 2XPA\t9TRE\n", "K7QM–2XPA‑9TRE"])
def test_compares_codes_however_they_are_typed(typed):
    assert bare(typed) == "K7QM2XPA9TRE"


# ---- Stored as a fingerprint -----------------------------------------------------------------------------


def test_recognises_a_code_by_its_fingerprint(make):
    code = new_code()
    stored = make(fingerprint=fingerprint(bare(code)))

    assert OneTimeCode.objects.matching(code.lower()).get() == stored
    assert not OneTimeCode.objects.matching(new_code()).exists()
    assert bare(code) not in stored.fingerprint


def test_recognises_a_code_whose_key_was_rotated(make, settings):
    settings.FACTOR_KEYS = ["old"]
    code = new_code()
    stored = make(fingerprint=fingerprint(bare(code)))

    settings.FACTOR_KEYS = ["new", "old"]

    assert OneTimeCode.objects.matching(code).get() == stored
    assert fingerprint(bare(code)) != stored.fingerprint


def test_recognises_no_code_whose_key_is_gone(make, settings):
    code = new_code()
    make(fingerprint=fingerprint(bare(code)))

    settings.FACTOR_KEYS = ["another"]

    assert not OneTimeCode.objects.matching(code).exists()


def test_uses_a_key_for_codes_that_opens_no_secret(settings):
    settings.FACTOR_KEYS = ["one"]

    assert fingerprints("text") == [fingerprint("text")]
    assert len(fingerprint("text")) == 64
    assert fingerprint("text") not in seal(b"text")


# ---- Which of them count ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before_end", "counts"), [(INSTANT, True), (timedelta(0), False), (-INSTANT, False)]
)
def test_counts_an_enrolment_code_until_it_expires(make, now, before_end, counts):
    make("enrolment", expires_at=now + DAY)
    at = now + DAY - before_end

    assert OneTimeCode.objects.usable(at).exists() is counts
    assert OneTimeCode.objects.spent_or_expired(at).exists() is not counts


def test_counts_no_code_that_was_used(make, now):
    make(used_at=now)

    assert not OneTimeCode.objects.usable(now).exists()
    assert OneTimeCode.objects.spent_or_expired(now).exists()


# ---- What can never be ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purpose", "lasts"),
    [("enrolment", None), ("enrolment", timedelta(0)), ("recovery", DAY), ("nonsense", None)],
)
@pytest.mark.postgres
def test_stores_no_code_that_expires_wrongly(make, now, purpose, lasts):
    with pytest.raises(IntegrityError):
        make(purpose, expires_at=lasts if lasts is None else now + lasts)


@pytest.mark.postgres
def test_stores_no_code_twice(make):
    make(fingerprint="same")

    with pytest.raises(IntegrityError):
        make(fingerprint="same")


@pytest.mark.postgres
def test_stores_one_unused_enrolment_code_of_a_person(make, now):
    make("enrolment", used_at=now)
    make("enrolment")

    with pytest.raises(IntegrityError):
        make("enrolment")


@pytest.mark.postgres
def test_stores_one_device_of_a_person_that_is_being_set_up(person, device, now):
    AuthenticatorDevice.objects.create(user=person, name="New", confirmed=False, created_at=now)

    with pytest.raises(IntegrityError):
        AuthenticatorDevice.objects.create(user=person, name="Newer", confirmed=False, created_at=now)
