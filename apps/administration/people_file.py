"""People as a file, with the columns that an import of people takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.accounts.models import User
from apps.common.csv import csv_lines

COLUMNS = ("name", "email", "type", "manager", "job_title", "department", "time_zone")


def people_lines(people: Iterable[User]) -> Iterator[str]:
    """The file line by line, as `people` come. A manager is an address."""
    return csv_lines(COLUMNS, map(_cells, people))


def _cells(user: User) -> Iterable[str]:
    manager = user.manager.email if user.manager else ""
    return (user.name, user.email, user.type, manager, user.job_title, user.department, user.time_zone)
