"""What every test may use. The environment is set in `tests/settings.py`."""

from __future__ import annotations

pytest_plugins = [
    "tests.plugins.audit_flush",
    "tests.plugins.browser",
    "tests.plugins.cast",
    "tests.plugins.demo",
    "tests.plugins.profiles",
    "tests.plugins.world",
]
