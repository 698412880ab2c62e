"""What the tests of the door begin with."""

import pytest

from tests.factories import activate


@pytest.fixture
def waiting(requester, eligible, needs_approval, now):
    """The requester asks for an hour, and the approver has been told."""
    return activate(eligible, requester, now=now, justification="A channel is broken", ticket_number="INC-7")
