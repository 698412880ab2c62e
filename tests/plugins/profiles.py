"""How hard Hypothesis tries: what a test run can bear, and more where HYPOTHESIS_PROFILE says "ci"."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("default", max_examples=60, stateful_step_count=8, **_UNHURRIED)
settings.register_profile("ci", max_examples=160, stateful_step_count=15, print_blob=True, **_UNHURRIED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
