from datetime import UTC, datetime

import pytest

from apps.audit.models import AuditEvent
from apps.audit.services import record
from apps.audit.vocabulary import NOBODY, AuditAction
from apps.common.paging import COUNTED_TO, count_of

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.postgres
@pytest.mark.parametrize(("rows", "count"), [(0, "0"), (2, "2"), (3, "3"), (4, "3+"), (5, "3+")])
def test_counts_exactly_up_to_a_point(rows, count):
    for _ in range(rows):
        record(AuditAction.SIGNED_IN, actor=NOBODY, at=NOW)

    assert count_of(AuditEvent.objects.order_by("at"), exact_to=3) == count


def test_counts_to_ten_thousand():
    assert COUNTED_TO == 10_000
