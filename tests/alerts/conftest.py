"""Who looks at alerts: at everything, and below one resource only."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from apps.roles import built_in
from tests.factories import make_active, make_resource, make_user


@pytest.fixture
def now() -> datetime:
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def alma(client, administrator):
    client.force_login(administrator)
    return administrator


@pytest.fixture
def production(db, now):
    return make_resource("Production", now=now)


@pytest.fixture
def sandbox(db, now):
    return make_resource("Sandbox", now=now)


@pytest.fixture
def keeper(production, now):
    """Owns Production, and nothing else."""
    keeper = make_user("Kim Keeper", now=now)
    make_active(keeper, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + timedelta(days=90))
    return keeper
