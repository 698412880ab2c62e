"""Resources and roles as files, with the columns that an import of them takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.common.csv import csv_lines
from apps.roles.models import Resource, RoleDefinition
from apps.roles.selectors import named_paths

RESOURCE_COLUMNS = ("path", "kind")
ROLE_COLUMNS = ("provider", "name", "description", "link", "usage", "enforced_by", "permissions")


def resource_lines(resources: Iterable[Resource]) -> Iterator[str]:
    """The file line by line: what lies above comes before what lies below."""
    rows = list(resources)
    paths = named_paths(rows)
    rows.sort(key=lambda row: (row.depth, paths[row.pk]))
    return csv_lines(RESOURCE_COLUMNS, ((paths[row.pk], row.kind) for row in rows))


def role_lines(roles: Iterable[RoleDefinition]) -> Iterator[str]:
    """The file line by line, as `roles` come. Permissions are separated by spaces."""
    return csv_lines(ROLE_COLUMNS, map(_role_cells, roles))


def _role_cells(role: RoleDefinition) -> Iterable[str]:
    permissions = " ".join(sorted(f"{provider}:{name}" for provider, name in role.granted))
    return (
        role.provider,
        role.name,
        role.description,
        role.link,
        role.usage,
        role.enforced_by,
        permissions,
    )
