"""Setting up a second factor: what allows it, what finishing it changes, and who hears of it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.accounts.models import AuthenticatorDevice, OneTimeCode, Session
from apps.accounts.policy import (
    ENROLMENT_CODE_LASTS,
    NO_FACTOR,
    ONE_TIME_CODES,
    SETTING_UP_LASTS,
    Ground,
    SecondFactor,
)
from apps.accounts.selectors import devices_of, has_second_factor, recovery_codes_of
from apps.accounts.services.enrolment import begin_enrolment, confirm_enrolment, forget_unfinished
from apps.accounts.services.factors import delete_authenticator, enrol_authenticator, verify_code
from apps.accounts.services.one_time_codes import (
    issue_enrolment_code,
    make_recovery_codes,
    reset_factors,
)
from apps.accounts.tasks import tidy
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction, Outcome
from apps.common.errors import Conflict, NotAllowed
from apps.notifications.models import Notice

INSTANT = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
LATER = timedelta(minutes=2)  # the codes of then are not those of now


def events(user, action):
    return AuditEvent.objects.filter(target_id=str(user.pk), action=action)


def mails(user):
    """The subjects of what the person was told, in order."""
    notices = Notice.objects.filter(recipient_id=user.pk).order_by("created_at", "id")
    return [notice.subject for notice in notices]


def refusal(command, **facts):
    with pytest.raises(NotAllowed) as caught:
        command(**facts)
    return caught.value


@pytest.fixture
def session_of(now):
    def start(user, key):
        return Session.objects.create(
            session_key=key,
            user=user,
            expire_date=now + timedelta(hours=12),
            signed_in_at=now - SECOND,
            seen_at=now - SECOND,
        )

    return start


@pytest.fixture
def fresh(now):
    return SecondFactor(now, device="Phone")


@pytest.fixture
def codes(person, device, fresh, now):
    """The recovery codes of the person."""
    return make_recovery_codes(user=person, second_factor=fresh, keep=None, now=now)


def begin(user, ground, now, **facts):
    return begin_enrolment(user=user, ground=ground, now=now, **facts)


def finish(device, now, *, name="New phone", keep="kept"):
    return confirm_enrolment(device=device, name=name, code=device.code_at(now), keep=keep, now=now)


# ---- Enrolment codes --------------------------------------------------------------------------------------


def test_issues_a_code_for_the_first_factor(guest, now):
    code = issue_enrolment_code(user=guest, actor=CONSOLE, now=now)

    stored = OneTimeCode.objects.get(user=guest)
    assert stored.expires_at == now + ENROLMENT_CODE_LASTS
    event = events(guest, AuditAction.ENROLMENT_CODE_ISSUED).get()
    assert event.actor_kind == "console"
    assert mails(guest) == ["An enrolment code was made for your account"]
    told = Notice.objects.get()
    assert code not in f"{told.text} {told.facts} {event.details} {stored.fingerprint}"


def test_issues_no_code_to_who_has_a_factor(person, device, now):
    error = refusal(issue_enrolment_code, user=person, actor=CONSOLE, now=now)

    assert error.rules == ("EnrolmentRule",)
    assert not OneTimeCode.objects.exists()


def test_makes_the_earlier_enrolment_code_worthless(guest, now):
    earlier = issue_enrolment_code(user=guest, actor=CONSOLE, now=now)
    issue_enrolment_code(user=guest, actor=CONSOLE, now=now + SECOND)

    error = refusal(begin, user=guest, ground=Ground.ENROLMENT_CODE, now=now + SECOND, code=earlier)

    assert str(error) == "That code is wrong, expired or used."
    assert not AuthenticatorDevice.objects.exists()


@pytest.mark.parametrize("typed", [str, str.lower, lambda code: code.replace("-", " ")])
def test_begins_with_an_enrolment_code(guest, now, typed):
    code = issue_enrolment_code(user=guest, actor=CONSOLE, now=now)

    device = begin(guest, Ground.ENROLMENT_CODE, now, code=typed(code))

    assert (device.confirmed, device.created_at, len(device.secret)) == (False, now, 20)
    assert events(guest, AuditAction.ENROLMENT_CODE_USED).count() == 1


@pytest.mark.parametrize(("early", "counts"), [(INSTANT, True), (timedelta(0), False), (-INSTANT, False)])
def test_takes_an_enrolment_code_until_it_expires(guest, now, early, counts):
    code = issue_enrolment_code(user=guest, actor=CONSOLE, now=now)
    at = now + ENROLMENT_CODE_LASTS - early

    if counts:
        assert begin(guest, Ground.ENROLMENT_CODE, at, code=code)
    else:
        refusal(begin, user=guest, ground=Ground.ENROLMENT_CODE, now=at, code=code)


def test_takes_an_enrolment_code_once(guest, now):
    code = issue_enrolment_code(user=guest, actor=CONSOLE, now=now)
    begin(guest, Ground.ENROLMENT_CODE, now, code=code)

    refusal(begin, user=guest, ground=Ground.ENROLMENT_CODE, now=now, code=code)

    event = events(guest, AuditAction.FACTOR_REFUSED).get()
    assert (event.outcome, event.details) == (Outcome.FAILURE, {"code": "Enrolment code"})


def test_takes_no_code_of_somebody_else(guest, person, now):
    code = issue_enrolment_code(user=guest, actor=CONSOLE, now=now)

    refusal(begin, user=person, ground=Ground.ENROLMENT_CODE, now=now, code=code)

    assert begin(guest, Ground.ENROLMENT_CODE, now, code=code)


def test_takes_no_code_for_another_purpose(person, codes, now):
    AuthenticatorDevice.objects.filter(user=person).delete()

    refusal(begin, user=person, ground=Ground.ENROLMENT_CODE, now=now, code=codes[0])

    assert recovery_codes_of(person).left == 10


def test_makes_who_guesses_codes_wait(guest, now):
    code = issue_enrolment_code(user=guest, actor=CONSOLE, now=now)
    for _ in range(ONE_TIME_CODES.free):
        refusal(begin, user=guest, ground=Ground.ENROLMENT_CODE, now=now, code="WRNG-WRNG-WRNG")

    until = now + ONE_TIME_CODES.first
    waiting = refusal(begin, user=guest, ground=Ground.ENROLMENT_CODE, now=until - SECOND, code=code)

    assert str(waiting) == "Too many attempts. Try again in 1 s."
    assert events(guest, AuditAction.FACTOR_REFUSED).count() == ONE_TIME_CODES.free
    assert begin(guest, Ground.ENROLMENT_CODE, until, code=code)


# ---- What allows to begin ---------------------------------------------------------------------------------


def test_begins_with_a_fresh_factor(person, device, fresh, now):
    new = begin(person, Ground.FACTOR, now, second_factor=fresh)

    assert new.ground == Ground.FACTOR
    assert devices_of(person) == [device]


@pytest.mark.parametrize("age", [301 * SECOND, None])
def test_does_not_begin_with_a_stale_factor(person, device, now, age):
    factor = NO_FACTOR if age is None else SecondFactor(now - age)

    error = refusal(begin, user=person, ground=Ground.FACTOR, now=now, second_factor=factor)

    assert error.rules == ("MfaRule",)
    assert AuthenticatorDevice.objects.get() == device


def test_begins_with_nothing_in_the_demo_only(guest, now, settings):
    assert begin(guest, Ground.DEMO, now)

    settings.DEMO = False

    assert refusal(begin, user=guest, ground=Ground.DEMO, now=now).rules == ("EnrolmentRule",)


def test_replaces_what_was_begun_earlier(guest, now):
    earlier = begin(guest, Ground.DEMO, now)
    newer = begin(guest, Ground.DEMO, now + SECOND)

    with pytest.raises(Conflict):
        finish(earlier, now + SECOND)

    assert AuthenticatorDevice.objects.get() == newer
    assert newer.secret != earlier.secret


def test_counts_what_is_being_set_up_nowhere(guest, now):
    device = begin(guest, Ground.DEMO, now)

    assert not has_second_factor(guest)
    assert "wrong" in str(refusal(verify_code, user=guest, code=device.code_at(now), now=now))


# ---- Finishing --------------------------------------------------------------------------------------------


def test_finishes_with_the_first_code_of_the_app(guest, now):
    pending = begin(guest, Ground.DEMO, now)
    at = now + LATER

    codes = finish(pending, at, name="  Grace's\nphone ")

    device = devices_of(guest)[0]
    assert (device.pk, device.name, device.created_at) == (pending.pk, "Grace's phone", at)
    assert len(set(codes)) == 10
    assert recovery_codes_of(guest).left == 10
    assert events(guest, AuditAction.FACTOR_ENROLLED).get().details == {
        "device": "Grace's phone",
        "ground": "demo",
    }
    assert events(guest, AuditAction.RECOVERY_CODES_MADE).count() == 1
    assert mails(guest) == ["A second factor was added to your account"]
    assert Notice.objects.get().link == reverse("accounts:profile")


def test_spends_the_code_that_finishes(guest, now):
    pending = begin(guest, Ground.DEMO, now)
    finish(pending, now)

    error = refusal(verify_code, user=guest, code=pending.code_at(now), now=now)

    assert "used already" in str(error)


def test_does_not_finish_with_a_wrong_code(guest, now):
    pending = begin(guest, Ground.DEMO, now)
    wrong = f"{(int(pending.code_at(now)) + 1) % 1_000_000:06}"
    at = now + LATER

    error = refusal(confirm_enrolment, device=pending, name="x", code=wrong, keep=None, now=at)

    assert error.refusals[0].field == "code"
    assert not has_second_factor(guest)
    assert events(guest, AuditAction.FACTOR_REFUSED).get().details == {"answer": "wrong"}
    assert finish(pending, at + SECOND)


@pytest.mark.parametrize(("early", "counts"), [(INSTANT, True), (timedelta(0), False), (-INSTANT, False)])
def test_finishes_within_half_an_hour(guest, now, early, counts):
    pending = begin(guest, Ground.DEMO, now)
    at = now + SETTING_UP_LASTS - early

    if counts:
        assert finish(pending, at)
    else:
        refusal(finish, device=pending, now=at)
        assert not has_second_factor(guest)


def test_finishes_once(guest, now):
    pending = begin(guest, Ground.DEMO, now)
    finish(pending, now)

    with pytest.raises(Conflict):
        finish(pending, now + LATER)

    assert events(guest, AuditAction.FACTOR_ENROLLED).count() == 1


def test_does_not_finish_a_first_factor_that_is_no_longer_the_first(guest, now):
    pending = begin(guest, Ground.DEMO, now)
    enrol_authenticator(user=guest, name="Faster", actor=CONSOLE, now=now)

    assert refusal(finish, device=pending, now=now).rules == ("EnrolmentRule",)


def test_ends_all_other_sessions_of_the_person(guest, person, session_of, now):
    for user, key in ((guest, "kept"), (guest, "elsewhere"), (person, "of somebody else")):
        session_of(user, key)

    finish(begin(guest, Ground.DEMO, now), now)

    assert set(Session.objects.values_list("pk", flat=True)) == {"kept", "of somebody else"}
    assert events(guest, AuditAction.SESSIONS_ENDED).count() == 1


def test_keeps_recovery_codes_that_are_left(person, codes, fresh, now):
    pending = begin(person, Ground.FACTOR, now, second_factor=fresh)

    assert finish(pending, now) == []

    assert len(devices_of(person)) == 2
    assert recovery_codes_of(person).left == 10


def test_gives_recovery_codes_to_who_has_none(person, device, fresh, now):
    assert len(finish(begin(person, Ground.FACTOR, now, second_factor=fresh), now)) == 10


# ---- Recovery ---------------------------------------------------------------------------------------------


def test_makes_ten_recovery_codes_and_voids_the_earlier(person, codes, fresh, now):
    newer = make_recovery_codes(user=person, second_factor=fresh, keep=None, now=now + SECOND)

    assert len(set(newer)) == 10
    assert not set(newer) & set(codes)
    refusal(begin, user=person, ground=Ground.RECOVERY_CODE, now=now, code=codes[0])
    assert (recovery_codes_of(person).left, recovery_codes_of(person).made_at) == (10, now + SECOND)
    assert events(person, AuditAction.RECOVERY_CODES_MADE).count() == 2
    assert mails(person) == ["New recovery codes were made for your account"] * 2


def test_makes_no_recovery_codes_without_a_fresh_factor(person, device, now):
    stale = SecondFactor(now - 301 * SECOND)

    refused = refusal(make_recovery_codes, user=person, second_factor=stale, keep=None, now=now)

    assert refused.rules == ("MfaRule",)
    assert recovery_codes_of(person).left == 0


def test_ends_all_other_sessions_when_recovery_codes_are_made(person, device, fresh, session_of, now):
    session_of(person, "kept"), session_of(person, "other")

    make_recovery_codes(user=person, second_factor=fresh, keep="kept", now=now)

    assert Session.objects.get(user=person).pk == "kept"
    assert events(person, AuditAction.SESSIONS_ENDED).count() == 1


def test_begins_with_a_recovery_code_and_tells_the_person(person, device, codes, now):
    begin(person, Ground.RECOVERY_CODE, now + SECOND, code=codes[3])

    assert devices_of(person) == [device]
    assert recovery_codes_of(person).left == 9
    assert events(person, AuditAction.RECOVERY_CODE_USED).count() == 1
    assert mails(person)[-1] == "A recovery code of your account was used"
    assert "Unused recovery codes: 9." in Notice.objects.order_by("created_at").last().text


def test_takes_a_recovery_code_once(person, codes, now):
    begin(person, Ground.RECOVERY_CODE, now, code=codes[0])

    refusal(begin, user=person, ground=Ground.RECOVERY_CODE, now=now, code=codes[0])

    assert events(person, AuditAction.FACTOR_REFUSED).get().details == {"code": "Recovery code"}


def test_replaces_lost_devices_and_codes_when_recovery_is_finished(person, device, codes, now):
    pending = begin(person, Ground.RECOVERY_CODE, now, code=codes[0])

    newer = finish(pending, now + SECOND)

    assert devices_of(person) == [pending]
    assert recovery_codes_of(person).left == len(newer) == 10
    assert events(person, AuditAction.FACTOR_REMOVED).get().details == {"device": "Phone"}
    assert "It replaces those you had before." in Notice.objects.get(key__endswith=":added").text


def test_writes_no_code_down_anywhere(person, codes, now):
    finish(begin(person, Ground.RECOVERY_CODE, now, code=codes[0]), now)

    written = str(list(AuditEvent.objects.values())) + str(list(Notice.objects.values()))
    stored = str(list(OneTimeCode.objects.values()))
    assert not [code for code in codes if code in written + stored]


# ---- Deleting ---------------------------------------------------------------------------------------------


@pytest.fixture
def spare(person, device, now):
    return enrol_authenticator(user=person, name="Spare", actor=CONSOLE, now=now)


def delete(user, device, factor, now):
    delete_authenticator(user=user, device_id=device.pk, second_factor=factor, keep="kept", now=now)


def test_deletes_a_factor_and_ends_other_sessions(person, device, spare, fresh, session_of, now):
    session_of(person, "kept")
    session_of(person, "elsewhere")

    delete(person, spare, fresh, now)

    assert devices_of(person) == [device]
    assert list(Session.objects.values_list("pk", flat=True)) == ["kept"]
    assert events(person, AuditAction.FACTOR_REMOVED).get().details == {"device": "Spare"}
    assert mails(person) == ["A second factor was deleted from your account"]


def test_never_deletes_the_last_factor(person, device, fresh, now):
    begin(person, Ground.FACTOR, now, second_factor=fresh)  # one that is being set up is none

    error = refusal(delete, user=person, device=device, factor=fresh, now=now)

    assert str(error) == "This is your only second factor. Add another one first."
    assert devices_of(person) == [device]


def test_deletes_nothing_without_a_fresh_factor(person, device, spare, now):
    stale = SecondFactor(now - 301 * SECOND)

    assert refusal(delete, user=person, device=spare, factor=stale, now=now).rules == ("MfaRule",)
    assert devices_of(person) == [device, spare]


def test_deletes_nothing_of_somebody_else(guest, device, spare, fresh, now):
    with pytest.raises(Conflict):
        delete(guest, spare, fresh, now)

    assert len(devices_of(device.user)) == 2


# ---- Tidying ----------------------------------------------------------------------------------------------


def test_forgets_what_was_not_finished(guest, person, codes, now):
    issue_enrolment_code(user=guest, actor=CONSOLE, now=now)
    begin(guest, Ground.DEMO, now)

    assert forget_unfinished(now=now + SETTING_UP_LASTS - INSTANT) == 0
    assert forget_unfinished(now=now + SETTING_UP_LASTS) == 1
    assert forget_unfinished(now=now + ENROLMENT_CODE_LASTS) == 1

    assert has_second_factor(person)
    assert recovery_codes_of(person).left == 10


def test_tidies_up_in_the_background(guest, now):
    begin(guest, Ground.DEMO, now - timedelta(days=4000))  # long ago by any clock

    tidy()

    assert not AuthenticatorDevice.objects.exists()


# ---- What is lost ------------------------------------------------------------------------------------------


def test_resets_what_is_lost_and_ends_all_sessions(person, device, spare, fresh, session_of, now):
    make_recovery_codes(user=person, second_factor=fresh, keep=None, now=now)
    begun = begin(person, Ground.FACTOR, now, second_factor=fresh)
    session_of(person, "anywhere")

    code = reset_factors(user=person, actor=CONSOLE, now=now + SECOND)

    assert devices_of(person) == []
    assert recovery_codes_of(person).left == 0
    assert not Session.objects.exists()
    assert {event.actor_kind for event in events(person, AuditAction.FACTOR_REMOVED)} == {"console"}
    assert mails(person)[-3:].count("A second factor was deleted from your account") == 2
    assert "An enrolment code was made for your account" in mails(person)
    begun_code = begun.code_at(now + SECOND)
    with pytest.raises(Conflict):
        confirm_enrolment(device=begun, name="", code=begun_code, keep=None, now=now + SECOND)
    assert begin_enrolment(user=person, ground=Ground.ENROLMENT_CODE, code=code, now=now + SECOND)
