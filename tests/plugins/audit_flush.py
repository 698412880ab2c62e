"""Tests that commit empty every table afterwards; audit events refuse that unless their guard is lifted."""

import pytest
from django.test import TransactionTestCase

from apps.audit.retention import lifted


@pytest.fixture(scope="session", autouse=True)
def audit_events_may_be_flushed():
    patch = pytest.MonkeyPatch()
    flush = TransactionTestCase._fixture_teardown

    def lift_and_flush(case):
        with lifted():
            flush(case)

    patch.setattr(TransactionTestCase, "_fixture_teardown", lift_and_flush)
    yield
    patch.undo()
