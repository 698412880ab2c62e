"""Those of a portal that tests drive: of the product but for what shows from outside which request it was."""

from __future__ import annotations

from pimportal.settings import *  # noqa: F403
from pimportal.settings import DATA_DIR, DEMO, MIDDLEWARE, PASSWORD_HASHERS

STATIC_ROOT = None if DEMO else DATA_DIR / "staticfiles"
# First, as in the settings of the tests: another first one would write every password anew at sign-in.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
MIDDLEWARE = [*MIDDLEWARE, "tests.driving.traces.show_trace"]
