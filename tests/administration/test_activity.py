"""What one person activated in the last days."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from apps.administration.selectors.activity import activity_of
from apps.assignments.models import Assignment
from apps.roles import built_in
from tests.factories import acting, activate, assign, make_resource

pytestmark = pytest.mark.django_db

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def activity(person, reader, now):
    return activity_of(person, acting(reader, now=now).access, zone=UTC, now=now)


def test_shows_what_was_active_in_the_last_30_days(auditor, requester, now):
    reader = assign(requester, built_in.SECURITY_READER, now=now - 40 * DAY)
    teams = assign(requester, now=now - 40 * DAY)
    for eligible, ago in (
        (reader, 31 * DAY),
        (teams, 30 * DAY + HOUR / 2),
        (reader, 2 * DAY),
        (teams, HOUR / 2),
    ):
        activate(eligible, requester, now=now - ago)
    activate(reader, requester, now=now, starts_at=now + HOUR)

    found = activity(requester, auditor, now)

    assert [row.starts_at for row in found.rows] == [now - HOUR / 2, now - 2 * DAY, now - 30 * DAY - HOUR / 2]
    assert [(lane.label, lane.count) for lane in found.line.lanes] == [
        ("Teams Administrator", 2),
        ("Security Reader", 1),
    ]
    assert len(found.line.marks) == 4


def test_shows_it_until_it_was_ended(auditor, requester, now):
    activate(assign(requester, now=now - 9 * DAY), requester, now=now - 2 * DAY)
    Assignment.objects.activated().update(
        ended_at=now - 2 * DAY + HOUR / 2, ended_how=Assignment.End.DEACTIVATED
    )

    (box,) = activity(requester, auditor, now).line.lanes[0].boxes

    assert box.says == "22 Nov 2026, 13:00 UTC to 22 Nov 2026, 13:30 UTC"


def test_shows_nothing_of_places_that_its_reader_does_not_see(administrator, auditor, requester, now):
    platform = make_resource("Platform", now=now)
    held = assign(requester, built_in.CONTRIBUTOR, platform, now=now, ends_at=now + DAY)
    activate(held, requester, now=now)

    assert activity(requester, administrator, now).line.lanes[0].label == "Contributor, Platform"
    assert activity(requester, auditor, now).line is None
