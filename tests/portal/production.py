"""Settings of a real installation whose collected files lie beside its data."""

from __future__ import annotations

from pimportal.settings import *  # noqa: F403
from pimportal.settings import DATA_DIR

STATIC_ROOT = DATA_DIR / "staticfiles"
