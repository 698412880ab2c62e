"""The mail server is gone, silent or refuses while people work. Mail is late, and nothing else is."""

from __future__ import annotations

import time

import pytest

from tests.faults.scene import Scene

SECONDS = 45


@pytest.mark.parametrize("trouble", ["shut", "hang", "refuse"])
def test_mail_does_not_go_out(sqlite, tmp_path, trouble):
    with Scene(tmp_path, sqlite).playing() as scene:
        getattr(scene.post, trouble)()
        time.sleep(SECONDS)
        said = scene.doctor()
        scene.post.take()

        scene.recovers()
    assert ("Mail server: well." in said) is (trouble == "refuse")
    assert scene.latest_end().total_seconds() < 15
