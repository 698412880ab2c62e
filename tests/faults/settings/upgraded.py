"""The next version: it brings a migration of a table that the present one works with."""

from __future__ import annotations

from tests.driving.settings import *  # noqa: F403
from tests.driving.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.upgrade"]
