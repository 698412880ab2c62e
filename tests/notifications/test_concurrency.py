"""Several workers at the same moment, on real connections of their own."""

from datetime import timedelta

import pytest

from apps.notifications.delivery import claim
from apps.notifications.digests import gather_digests
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice, NoticePreferences
from tests.notifications.making import JOHN, NOW, a_notice
from tests.races.moments import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

WORKERS = 4


def test_gives_a_notice_to_one_of_several_workers():
    notice = a_notice()

    claims = at_once(*[lambda: claim(notice.id, now=NOW)] * WORKERS)

    assert sum(claimed is not None for claimed in claims) == 1
    assert Notice.objects.get().attempts == 1


def test_writes_one_digest_however_many_workers_there_are():
    NoticePreferences.objects.create(principal_id=JOHN, digest_hour=NOW.hour)
    for number in range(5):
        a_notice(str(number))

    at_once(*[lambda: gather_digests(now=NOW + timedelta(days=1))] * WORKERS)

    digest = Notice.objects.get(event=NoticeEvent.DAILY_DIGEST)
    assert len(digest.facts) == 5
