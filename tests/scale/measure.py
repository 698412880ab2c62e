"""Queries and milliseconds of every list, by hand:

    PIM_TESTS_IN=/tmp/large python -m tests.scale.measure 100000

Fills a database of its own, on SQLite in that folder or, with DATABASE_URL, on PostgreSQL beside the one that
is named. It is kept, and only measured the next time; a further argument is a part of the pages wanted.
"""

from __future__ import annotations

import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.accounts.models import User  # noqa: E402
from tests.scale.estate import build_estate, found_estate  # noqa: E402
from tests.scale.pages import lists, narrowed, opened  # noqa: E402


def main(size: int, part: str = "") -> None:
    setup_test_environment()
    connection.creation.create_test_db(verbosity=0, keepdb=True, serialize=False)
    if not User.objects.exists():
        build_estate(size, now=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint")
    estate = found_estate()
    client = Client()
    client.force_login(estate.administrator)
    client.get("/")  # what is read once for all pages counts for none
    for url in (*lists(estate), *narrowed(estate)):
        for page, cost in opened(client, url) if part in url else ():
            sys.stdout.write(f"{cost.queries:4} {cost.milliseconds:7.0f} ms  {page}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
