from __future__ import annotations

import sys

import pytest

from tests.driving.processes import Background


@pytest.fixture
def background(tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("Looks processes up in /proc")
    background = Background(tmp_path)
    yield background
    background.end()
