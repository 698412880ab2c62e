"""The portal as it is measured: a production one, whose answers tell what they took."""

from __future__ import annotations

import os
from pathlib import Path

from pimportal.settings import *  # noqa: F403
from pimportal.settings import MIDDLEWARE

STATIC_ROOT = Path(os.environ["BENCH_STATIC"])
MIDDLEWARE = ["tests.bench.costs.tell_costs", *MIDDLEWARE, "tests.driving.traces.show_trace"]
