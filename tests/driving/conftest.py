from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driving.portal import Portal


@pytest.fixture
def portal(transactional_db: None, tmp_path: Path) -> Iterator[Portal]:
    """On the database of the test; not started yet: a portal without people begins with the demo's."""
    if not sys.platform.startswith("linux"):
        pytest.skip("Looks processes up in /proc")
    portal = Portal(tmp_path)
    yield portal
    portal.end()
