"""The settings of the tests: those of the demo, from an environment of their own, with a database in a file.

A database in memory cannot be shared between threads, and browsers and racing requests need that.
DATABASE_URL is the one variable that tests take over, to run on PostgreSQL.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile

# Shared by all processes of one run, and removed by the one that made it.
if "PIM_TESTS_IN" not in os.environ:
    os.environ["PIM_TESTS_IN"] = tempfile.mkdtemp(prefix="pim-portal-tests-")
    atexit.register(shutil.rmtree, os.environ["PIM_TESTS_IN"], ignore_errors=True)
_DIRECTORY = os.environ["PIM_TESTS_IN"]

# Also where a machine keeps no bytecode: each worker of each run would rewrite the asserts of all tests anew.
sys.dont_write_bytecode = False

for _name in ("ALLOWED_HOSTS", "BASE_URL", "EMAIL_URL", "PORT", "WEB_CONCURRENCY"):
    os.environ.pop(_name, None)
for _name in [name for name in os.environ if name.startswith("PIM_") and name != "PIM_TESTS_IN"]:
    del os.environ[_name]
os.environ |= {
    "PIM_DEMO": "1",
    "PIM_DATA_DIR": _DIRECTORY,
    "SECRET_KEY": "a-key-of-the-tests",
    "PIM_FACTOR_KEYS": "a-factor-key-of-the-tests",
}

from pimportal.settings import *  # noqa: E402, F403
from pimportal.settings import DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": f"{_DIRECTORY}/tests.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True  # looks a file up when asked, instead of listing all of them for each client
