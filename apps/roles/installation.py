"""Puts the rows in place that belong to the code: the directory and the built-in roles."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction

from apps.common.access import DIRECTORY_ID, DIRECTORY_PATH, Provider
from apps.common.organisation import NO_NAME
from apps.roles.built_in import ROLES, BuiltInRole
from apps.roles.models import Resource, RoleDefinition

_INSTALLED_AT = datetime(2026, 1, 1, tzinfo=UTC)  # part of the product, not of this organisation's history


@transaction.atomic
def install_built_ins() -> None:
    """Create what is missing and bring what is there up to date. Runs after every migrate; repeatable."""
    Resource.objects.update_or_create(
        id=DIRECTORY_ID,
        defaults={"name": settings.ORGANISATION} if settings.ORGANISATION else {},
        create_defaults={
            "provider": Provider.DIRECTORY,
            "kind": "Directory",
            "name": settings.ORGANISATION or NO_NAME,
            "path": DIRECTORY_PATH,
            "created_at": _INSTALLED_AT,
        },
    )
    RoleDefinition.objects.bulk_create(
        [_row(role) for role in ROLES],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["name", "description", "is_privileged", "permissions"],
    )


def _row(role: BuiltInRole) -> RoleDefinition:
    return RoleDefinition(is_built_in=True, enforced_by=role.enforced_by, **vars(role))
