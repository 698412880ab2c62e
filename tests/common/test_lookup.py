from __future__ import annotations

import uuid

import pytest

from apps.accounts.models import User
from apps.common.lookup import find, present


def test_finds_a_row_by_its_id(requester):
    assert find(User.objects.all(), requester.pk) == requester
    assert find(User.objects.exclude(pk=requester.pk), requester.pk) is None
    assert find(User.objects.all(), uuid.uuid4()) is None


def test_finds_nothing_without_an_id():
    assert find(User.objects.all(), None) is None


@pytest.mark.parametrize("value", ["something", "", 0, False])
def test_takes_what_is_there(value):
    assert present(value) is value


def test_does_not_take_nothing():
    with pytest.raises(LookupError):
        present(None)
