"""A machine whose clock goes wrong, by PIM_TEST_SKEW seconds."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from django.utils import timezone

from tests.driving.settings import *  # noqa: F403

_SKEW = timedelta(seconds=float(os.environ["PIM_TEST_SKEW"]))
_read = timezone.now


def _now() -> datetime:
    return _read() + _SKEW


timezone.now = _now
