"""A file becomes a plan."""

from __future__ import annotations

from datetime import datetime

from apps.access_requests.asks import Actor
from apps.administration.policy.csv_files import read_table
from apps.administration.policy.imports import TEMPLATES, Kind, can_import
from apps.jobs.models import Job
from apps.jobs.services import GivenLine, plan_job


def plan_import(*, kind: Kind, file_name: str, content: bytes, actor: Actor, now: datetime) -> Job:
    """Read the file and have a worker check each line. Nothing changes before its plan is applied. Raises
    `Invalid` for a file that cannot be read."""
    can_import(actor.access, kind).require()
    template = TEMPLATES[kind]
    lines = read_table(content, template.columns, key=template.key)
    return plan_job(
        kind=kind,
        title=f"{kind.label} from {file_name}",
        lines=(GivenLine(line.number, line.cells, line.fault) for line in lines),
        actor=actor.somebody,
        now=now,
    )
