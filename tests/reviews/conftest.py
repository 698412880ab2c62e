"""Who takes part in a review."""

from __future__ import annotations

import pytest

from apps.roles import built_in
from tests.factories import make_active, make_user
from tests.reviews.making import NOW


@pytest.fixture
def owner():
    user = make_user("Olga Owner", now=NOW)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=NOW)
    return user


@pytest.fixture
def reviewer():
    return make_user("Rita Reviewer", now=NOW)


@pytest.fixture
def fallback():
    return make_user("Fay Fallback", now=NOW)


@pytest.fixture
def ann():
    return make_user("Ann", now=NOW)


@pytest.fixture
def ben():
    return make_user("Ben", now=NOW)
