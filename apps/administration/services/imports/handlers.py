"""Which handler works on which kind of file."""

from __future__ import annotations

from apps.administration.policy.imports import Kind
from apps.administration.services.imports.assignments import Assignments, Members
from apps.administration.services.imports.people import People
from apps.administration.services.imports.resources import Resources
from apps.administration.services.imports.roles import Roles
from apps.jobs.work import Handler

HANDLERS: dict[str, Handler] = {
    Kind.ASSIGNMENTS: Assignments(),
    Kind.MEMBERS: Members(),
    Kind.PEOPLE: People(),
    Kind.RESOURCES: Resources(),
    Kind.ROLES: Roles(),
}
