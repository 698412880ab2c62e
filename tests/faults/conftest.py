from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.databases import on_postgresql, on_sqlite
from tests.faults.scene import REPORT
from tests.postgresql import Server

# Ten minutes and more of them; the suite has the short version.
collect_ignore = [] if os.environ.get("FAULTS") == "all" else ["long"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if REPORT:
        terminalreporter.section("whole again after")
        for name, said in REPORT.items():
            terminalreporter.line(f"{name:32} {said}")


@pytest.fixture
def sqlite(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The address of a database of the test's own, on which this process works too."""
    with on_sqlite(tmp_path) as url:
        yield url


@pytest.fixture
def postgresql(django_db_blocker: Any, tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, on whose database this process works too."""
    with django_db_blocker.unblock(), on_postgresql(tmp_path) as server:
        yield server
