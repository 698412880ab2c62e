"""`-n auto` takes one worker more than there are cores: some tests wait for real processes and browsers."""

from __future__ import annotations

from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    return (yield) + 1
