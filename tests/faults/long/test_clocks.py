"""The clock of one machine of two is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.faults.scene import Scene

SKEW = 30


@pytest.mark.parametrize(("seconds", "where"), [(SKEW, "ahead"), (-SKEW, "behind")])
def test_access_lasts_longer_by_the_skew_at_most(postgresql, tmp_path, seconds, where):
    wrong = {"DJANGO_SETTINGS_MODULE": "tests.faults.settings.skewed", "PIM_TEST_SKEW": str(seconds)}
    skew = timedelta(seconds=SKEW)
    with Scene(tmp_path, postgresql.url, machines=2, skew=skew, of_each={2: wrong}).playing() as scene:
        assert scene.ready(1)[1]["clock"] == "ok"
        assert scene.ready(2)[1]["clock"] == "off"
        assert f"The clock of machine2 is {SKEW} seconds {where}" in scene.doctor(1)

        scene.recovers()
