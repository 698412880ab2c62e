"""The cast of the tests: who there is, and the instant at which everything begins."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.roles import built_in
from tests import factories
from tests.factories import assign, make_active, make_user, set_rules


@pytest.fixture
def now() -> datetime:
    """A Tuesday afternoon."""
    return datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


@pytest.fixture
def at_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is assigned here is asked for at the door, with request, verdict and notices."""
    monkeypatch.setattr(factories, "_write", factories.ask_at_the_door)


@pytest.fixture
def requester(db: None, now: datetime) -> User:
    return make_user("John Doe", now=now)


@pytest.fixture
def approver(db: None, now: datetime) -> User:
    """Somebody to name as an approver; `needs_approval` does it for Teams Administrator."""
    return make_user("Ada Approver", now=now)


@pytest.fixture
def auditor(db: None, now: datetime) -> User:
    """Reads everything of the directory and the groups, and changes nothing."""
    auditor = make_user("Otto Auditor", now=now)
    make_active(auditor, built_in.SECURITY_READER, now=now)
    return auditor


@pytest.fixture
def administrator(db: None, now: datetime) -> User:
    """The permanent Global Administrator."""
    administrator = make_user("Alma Admin", now=now)
    make_active(administrator, built_in.GLOBAL_ADMINISTRATOR, now=now)
    return administrator


@pytest.fixture
def visitor(db: None, now: datetime) -> User:
    """Can sign in, and holds nothing."""
    return make_user("Vera Visitor", now=now)


@pytest.fixture
def eligible(requester: User, now: datetime) -> Assignment:
    """The requester may activate Teams Administrator: with a second factor and a reason, for up to 8 h."""
    return assign(requester, now=now)


@pytest.fixture
def needs_approval(approver: User, now: datetime) -> None:
    """Teams Administrator asks for the approver's consent."""
    set_rules(now=now, approvers=(approver,))
