"""What people decide about their mail: which, and when, by the clock on their wall."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice, NoticePreferences
from apps.notifications.policy import Kind, after_quiet, is_critical, kind_of, mail_of, next_digest

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
State = Notice.State


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ---- What is critical --------------------------------------------------------------------------------------


def test_holds_back_nothing_that_is_about_security_or_waits_for_somebody():
    assert {event for event in NoticeEvent if is_critical(event)} == {
        NoticeEvent.APPROVAL_NEEDED,
        NoticeEvent.REVIEW_OPEN,
        NoticeEvent.REVIEW_HELD,
        NoticeEvent.ACCOUNT_CHANGED,
        NoticeEvent.ADMIN_RECOVERED,
        NoticeEvent.SETTINGS_LOOSENED,
        NoticeEvent.GRANTED_ONESELF,
        NoticeEvent.TEST_MAIL,  # was asked for
        NoticeEvent.DAILY_DIGEST,  # likewise
        NoticeEvent.TEST_WEBHOOK,  # is no mail
        NoticeEvent.AUDIT_CHECKPOINT,
    }


def test_offers_only_kinds_that_there_are_notices_of():
    assert {kind_of(event) for event in NoticeEvent} == {None, *Kind}


# ---- In which state a mail begins --------------------------------------------------------------------------

NOON = at("2026-11-24T12:00")


def choice(**columns):
    return NoticePreferences(**columns)


def begins(event, chosen, *, now=NOON):
    return mail_of(event, chosen, BERLIN, now=now)


QUIET = {"quiet_from": time(12), "quiet_until": time(15)}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (None, (State.QUEUED, NOON)),
        (choice(), (State.QUEUED, NOON)),
        (choice(inbox_only=[Kind.ANSWERS]), (State.QUEUED, NOON)),
        (choice(inbox_only=[Kind.ACTIVATIONS]), (State.INBOX, None)),
        (choice(inbox_only=[Kind.ACTIVATIONS], digest_hour=8), (State.INBOX, None)),
        (choice(digest_hour=8), (State.DIGEST, at("2026-11-25T07:00"))),
        (choice(**QUIET), (State.QUEUED, at("2026-11-24T14:00"))),
    ],
)
def test_mails_what_somebody_chose_when_they_chose(chosen, expected):
    assert begins(NoticeEvent.ROLE_ACTIVATED, chosen) == expected


@pytest.mark.parametrize(
    "chosen", [choice(inbox_only=list(Kind)), choice(digest_hour=8), choice(**QUIET)], ids=str
)
@pytest.mark.parametrize("event", [event for event in NoticeEvent if is_critical(event)])
def test_mails_what_is_critical_at_once_whatever_was_chosen(event, chosen):
    assert begins(event, chosen) == (State.QUEUED, NOON)


@pytest.mark.parametrize("chosen", [choice(digest_hour=8), choice(**QUIET)], ids=["daily", "quiet"])
def test_mails_what_is_of_no_use_later_at_once_or_not_at_all(chosen):
    assert begins(NoticeEvent.ACTIVATION_ENDS, chosen) == (State.QUEUED, NOON)

    chosen.inbox_only = [Kind.REMINDERS]
    assert begins(NoticeEvent.ACTIVATION_ENDS, chosen) == (State.INBOX, None)


# ---- The hour of the digest --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-24T06:59:59", "2026-11-24T07:00"),
        ("2026-11-24T07:00", "2026-11-25T07:00"),  # this hour has come: what is written now is for the next
        ("2026-11-24T07:00:01", "2026-11-25T07:00"),
        ("2026-11-24T23:30", "2026-11-25T07:00"),  # past midnight there
        ("2026-03-28T12:00", "2026-03-29T06:00"),  # clocks go forward in the night
        ("2026-10-24T12:00", "2026-10-25T07:00"),  # and back
    ],
)
def test_finds_the_next_digest_by_the_clock_on_the_wall(now, expected):
    assert next_digest(8, BERLIN, now=at(now)) == at(expected)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-28T12:00", "2026-03-29T01:00"),  # there is no two o'clock: three
        ("2026-03-29T01:00", "2026-03-30T00:00"),
        ("2026-10-24T12:00", "2026-10-25T00:00"),  # there are two of them: the first
        ("2026-10-25T00:30", "2026-10-26T01:00"),
    ],
)
def test_has_one_digest_on_the_days_on_which_clocks_change(now, expected):
    assert next_digest(2, BERLIN, now=at(now)) == at(expected)


# ---- Quiet hours -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-25T02:59:59", None),  # 21:59:59 there
        ("2026-11-25T03:00", "2026-11-25T12:00"),
        ("2026-11-25T05:00", "2026-11-25T12:00"),  # midnight
        ("2026-11-25T11:59:59", "2026-11-25T12:00"),
        ("2026-11-25T12:00", None),
        ("2026-11-25T18:00", None),
        ("2026-03-08T04:00", "2026-03-08T11:00"),  # a night of eight hours
        ("2026-11-01T03:00", "2026-11-01T12:00"),  # one of ten
    ],
)
def test_waits_for_the_morning_through_a_quiet_night(now, expected):
    assert after_quiet(time(22), time(7), NEW_YORK, now=at(now)) == at(expected or now)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-24T10:59:59", None),
        ("2026-11-24T11:00", "2026-11-24T12:30"),
        ("2026-11-24T12:29:59", "2026-11-24T12:30"),
        ("2026-11-24T12:30", None),
    ],
)
def test_waits_through_quiet_hours_of_a_day(now, expected):
    assert after_quiet(time(12), time(13, 30), BERLIN, now=at(now)) == at(expected or now)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-29T00:30", "2026-03-29T01:30"),  # 02:30 is skipped: 03:30
        ("2026-03-29T01:00", None),  # 03:00 there
        ("2026-10-25T00:10", "2026-10-25T00:30"),  # the first 02:10, until the first 02:30
        ("2026-10-25T00:40", None),
        ("2026-10-25T01:10", "2026-10-25T01:30"),  # the second 02:10, until the second 02:30
        ("2026-10-25T01:30", None),
    ],
)
def test_waits_for_an_end_that_clocks_skip_or_show_twice(now, expected):
    assert after_quiet(time(1), time(2, 30), BERLIN, now=at(now)) == at(expected or now)
