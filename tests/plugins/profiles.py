"""How hard Hypothesis tries: what a test run can bear, and far more with `make fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "print_blob": True}

settings.register_profile("default", max_examples=60, stateful_step_count=8, **_UNHURRIED)
settings.register_profile("deep", max_examples=400, stateful_step_count=20, **_UNHURRIED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
