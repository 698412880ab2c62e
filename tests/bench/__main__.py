"""How fast the portal is, beside floors measured in the same run:

    python -m tests.bench                    everything, at the size of a large organisation
    SIZE=small python -m tests.bench         a hundredth of it, in a few minutes
    SIZE=million python -m tests.bench       growth up to a million assignments as well
    python -m tests.bench pages growth       these parts alone; docs/benchmarks.md stays as it is

On SQLite in a folder that is removed, or kept where BENCH_DIR names one; with BENCH_DATABASE_URL in databases
of its own on that PostgreSQL server. Prints a table; writes .local/benchmarks.json and docs/benchmarks.md.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import django


def _folder() -> Path:
    if kept := os.environ.get("BENCH_DIR"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        return Path(kept).absolute()
    made = tempfile.mkdtemp(prefix="pim-portal-bench-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


DIRECTORY = _folder()
for _name in [name for name in os.environ if name.startswith("PIM_")]:
    del os.environ[_name]
os.environ |= {  # a production portal, with keys of this run alone
    "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
    "DATABASE_URL": f"sqlite:///{DIRECTORY}/nothing.sqlite3",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "PIM_FACTOR_KEYS": secrets.token_urlsafe(50),
    "PIM_DATA_DIR": str(DIRECTORY),
    "ALLOWED_HOSTS": "127.0.0.1",
    "BASE_URL": "http://127.0.0.1:8000",
    "BENCH_STATIC": str(DIRECTORY / "staticfiles"),
}
django.setup()

from tests.bench.run import run  # noqa: E402

if __name__ == "__main__":
    run(DIRECTORY, sys.argv[1:])
