"""Queries, seconds and memory of every alert, by hand:

    PIM_TESTS_IN=/tmp/large python -m tests.scale.scan 100000

In the database of `tests.scale.measure`; a further argument is the id of the one alert wanted.
"""

from __future__ import annotations

import os
import resource
import sys
from time import perf_counter

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.accounts.models import User  # noqa: E402
from apps.alerts.policy.catalogue import RULES  # noqa: E402
from apps.alerts.scans import look  # noqa: E402
from apps.alerts.selectors.settings import settings_of  # noqa: E402
from tests.scale.estate import build_estate  # noqa: E402


def main(size: int, only: str = "") -> None:
    connection.creation.create_test_db(verbosity=0, keepdb=True, serialize=False)
    if not User.objects.exists():
        build_estate(size, now=timezone.now())
    for rule in RULES:
        if only in ("", rule.id):
            began = perf_counter()
            with CaptureQueriesContext(connection) as queries:
                found = len(look(rule, settings_of(rule), now=timezone.now()))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            spent = perf_counter() - began
            sys.stdout.write(f"{len(queries):4} {spent:7.1f} s {peak:6} MB {found:7}  {rule.id}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
