"""Settings with one job that is never done, for stopping in the middle of it."""

from __future__ import annotations

import time
from datetime import timedelta

from apps.portal.jobs import Job
from pimportal.settings import *  # noqa: F403
from pimportal.settings import DATA_DIR

PERIODIC_JOBS = (Job("busy", "tests.portal.busy.work", every=timedelta(seconds=1)),)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def work() -> None:
    (DATA_DIR / "started").touch()
    while True:
        time.sleep(1)
