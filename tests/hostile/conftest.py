from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.passwords import set_password
from apps.audit.vocabulary import CONSOLE

PASSWORD = "correct horse battery staple"


@pytest.fixture
def now() -> datetime:
    """Sessions, codes and throttles go by the clock of the machine."""
    return timezone.now()


@pytest.fixture
def person(requester: User, now: datetime) -> User:
    """Somebody who signs in with PASSWORD."""
    set_password(user=requester, password=PASSWORD, actor=CONSOLE, now=now)
    return requester
