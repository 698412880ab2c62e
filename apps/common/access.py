"""What a person may do in the portal: the vocabulary and the value, pure data.

The value is computed by `assignments` from the roles that are in force for somebody right now; policies take
it as a fact. Nothing else opens a page: there is no staff flag and no superuser.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import TextChoices

from apps.common.decision import ALLOWED, Decision, denied


class Provider(TextChoices):
    """The three families of roles, as the menu shows them."""

    DIRECTORY = "directory", "Directory roles"
    GROUPS = "groups", "Groups"
    RESOURCES = "resources", "Resources"


# The root of the directory has a fixed id: what happens on no particular resource happens there.
DIRECTORY_ID = UUID("2c5ab8a4-3a7c-4a36-a3d8-5b8f8ad0d2a1")
DIRECTORY_PATH = f"{DIRECTORY_ID}/"


class Permission(TextChoices):
    """Named `subject.verb`; held for one provider, on one resource and everything below it."""

    ASSIGNMENTS_READ = "assignments.read", "See who holds which role"
    ASSIGNMENTS_MANAGE = "assignments.manage", "Assign and remove roles"
    REQUESTS_READ = "requests.read", "See everybody's requests"
    REQUESTS_MANAGE = "requests.manage", "Cancel everybody's requests"
    SETTINGS_READ = "settings.read", "See role settings"
    SETTINGS_MANAGE = "settings.manage", "Change role settings"
    AUDIT_READ = "audit.read", "Read the audit log"
    ALERTS_READ = "alerts.read", "See alerts"
    ALERTS_MANAGE = "alerts.manage", "Fix and dismiss alerts"
    REVIEWS_READ = "reviews.read", "See access reviews"
    REVIEWS_MANAGE = "reviews.manage", "Create and run access reviews"
    PEOPLE_MANAGE = "people.manage", "Manage people and groups without power"
    PRIVILEGED_PEOPLE_MANAGE = "people.manage_privileged", "Manage people and groups with power"
    GLOBAL_ADMINISTRATORS_MANAGE = "people.manage_global_administrators", "Manage Global Administrators"

    @property
    def only_reads(self) -> bool:
        """Whether it lets somebody see, and change nothing."""
        return self.value.endswith(".read")


def everywhere(provider: str) -> str:
    """The path that stands for all of a provider, as `Access.may` takes it: whoever holds a directory role
    holds it on the directory itself."""
    return DIRECTORY_PATH if provider == Provider.DIRECTORY else ""


@dataclass(frozen=True)
class Grant:
    """One permission for one provider. An empty path means every resource of that provider."""

    permission: Permission
    provider: Provider
    path: str = ""


@dataclass(frozen=True)
class Access:
    """Everything one person may do in the portal at one instant. Nobody signed in: `NO_ACCESS`."""

    user_id: UUID | None = None
    grants: frozenset[Grant] = frozenset()

    def may(self, permission: Permission, provider: str, path: str) -> bool:
        """Whether the permission is held on the resource with this path, or on one above it."""
        return path.startswith(self._paths.get((permission, provider), ()))

    def may_somewhere(self, permission: Permission) -> bool:
        return any(grant.permission == permission for grant in self.grants)

    def may_in(self, permission: Permission, provider: str) -> bool:
        """Whether the permission is held on any resource of this provider."""
        return (permission, provider) in self._paths

    def sees(self, provider: str, path: str) -> bool:
        """Whether anything at all is held on the resource with this path, or on one above it."""
        return any(grant.provider == provider and path.startswith(grant.path) for grant in self.grants)

    @cached_property
    def _paths(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Where each permission is held: lists ask for each of their rows."""
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for grant in self.grants:
            held = grant.permission, grant.provider
            found[held] = (*found.get(held, ()), grant.path)
        return found

    def narrowed_to(self, permission: Permission) -> Access:
        """The same for whoever holds this permission in the same places, whoever they are."""
        return Access(None, frozenset(grant for grant in self.grants if grant.permission == permission))

    @property
    def providers(self) -> frozenset[Provider]:
        """Those in which anything at all is held."""
        return frozenset(grant.provider for grant in self.grants)

    def scopes(self, permission: Permission) -> Iterable[tuple[Provider, str]]:
        """Where the permission is held, as (provider, path prefix): what `visible_to` filters by."""
        return sorted(
            {(grant.provider, grant.path) for grant in self.grants if grant.permission == permission}
        )


NO_ACCESS = Access()

# Named to whoever finds a page closed; a test holds the built-in roles to it.
_READERS = ("Security Reader", "Security Administrator", "Privileged Role Administrator")
_ADMINS = ("Privileged Role Administrator", "Global Administrator")
_KEEPERS = ("Owner", "User Access Administrator")
OPENERS: dict[str, tuple[str, ...]] = {
    "": _READERS,
    Provider.DIRECTORY: _READERS,
    Provider.GROUPS: ("Security Reader", "Privileged Role Administrator"),
    Provider.RESOURCES: _KEEPERS,
}
MANAGERS: dict[str, tuple[str, ...]] = {
    "": _ADMINS,
    Provider.DIRECTORY: _ADMINS,
    Provider.GROUPS: _ADMINS,
    Provider.RESOURCES: _KEEPERS,
}


def can_open(access: Access, permission: Permission, provider: str = "", path: str = "") -> Decision:
    """Whether a page of everybody's opens at all: of everything, of one provider, or of the resource with
    this path. What it then shows is `visible_to` its reader."""
    if path:
        opens = access.may(permission, provider, path)
    else:
        opens = access.may_in(permission, provider) if provider else access.may_somewhere(permission)
    if opens:
        return ALLOWED
    names = OPENERS if permission.only_reads else MANAGERS
    *most, last = names[provider]
    return denied(
        "PermissionRule",
        f"Your active roles do not open this page. {', '.join(most)} and {last} do. If you are eligible for "
        "one of them, activate it under My roles and come back.",
    )
