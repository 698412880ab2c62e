"""The roles that come with the portal. Ids are Entra's where Entra has the role, so that exports match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from apps.common.access import Permission, Provider

GLOBAL_ADMINISTRATOR = UUID("62e90394-69f5-4237-9190-012177145e10")
PRIVILEGED_ROLE_ADMINISTRATOR = UUID("e8611ab8-c189-46e8-94e1-60213ab1f814")
SECURITY_ADMINISTRATOR = UUID("194ae4cb-b126-40b2-bd5b-6091b380977d")
SECURITY_READER = UUID("5d6b6bb7-de71-4623-b4af-96380a352509")
GLOBAL_READER = UUID("f2ef992c-3afb-46b9-b7cf-a126ee74c451")
TEAMS_ADMINISTRATOR = UUID("69091246-20e8-4a56-aa4d-066075b2a7a8")
USER_ADMINISTRATOR = UUID("fe930be7-5e62-47db-91af-98c3a49a38b1")
RESOURCE_OWNER = UUID("8e3af657-a8ff-443c-a75c-2fe8c4bcb635")
CONTRIBUTOR = UUID("b24988ac-6180-42a0-ab88-20f7382dd24c")
USER_ACCESS_ADMINISTRATOR = UUID("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9")
READER = UUID("acdd72a7-3385-48ef-bd42-f606fba81ae7")
GROUP_MEMBER = UUID("6a1c8b1e-52f0-4c0e-9a55-0f7b1c5d8e01")
GROUP_OWNER = UUID("6a1c8b1e-52f0-4c0e-9a55-0f7b1c5d8e02")

_READ = (
    Permission.ASSIGNMENTS_READ,
    Permission.REQUESTS_READ,
    Permission.SETTINGS_READ,
    Permission.AUDIT_READ,
    Permission.ALERTS_READ,
    Permission.REVIEWS_READ,
)
_KEEP = (
    *_READ,
    Permission.ASSIGNMENTS_MANAGE,
    Permission.REQUESTS_MANAGE,
    Permission.SETTINGS_MANAGE,
    Permission.REVIEWS_MANAGE,
    Permission.ALERTS_MANAGE,
)
_PEOPLE = (Permission.PEOPLE_MANAGE, Permission.PRIVILEGED_PEOPLE_MANAGE)
_EVERYTHING = tuple(Permission)


def _on(permissions: Iterable[Permission], *providers: Provider) -> dict[str, list[str]]:
    return {provider.value: [permission.value for permission in permissions] for provider in providers}


_D, _G, _R = Provider.DIRECTORY, Provider.GROUPS, Provider.RESOURCES


@dataclass(frozen=True)
class BuiltInRole:
    id: UUID
    provider: Provider
    name: str
    description: str
    is_privileged: bool = False
    permissions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def enforced_by(self) -> str:
        """Nobody but this portal for what gives something in it; the rest is recorded here and applied by
        hand until a connector does it."""
        is_ours = self.permissions or self.provider == Provider.GROUPS
        return "" if is_ours else "the administrators of the target system"


def _directory(id_: str | UUID, name: str, description: str, **more: object) -> BuiltInRole:
    return BuiltInRole(UUID(str(id_)), _D, name, description, **more)


ROLES: tuple[BuiltInRole, ...] = (
    _directory(
        GLOBAL_ADMINISTRATOR,
        "Global Administrator",
        "Manages everything in the directory and in this portal.",
        is_privileged=True,
        permissions=_on(_EVERYTHING, _D, _G, _R),
    ),
    _directory(
        PRIVILEGED_ROLE_ADMINISTRATOR,
        "Privileged Role Administrator",
        "Manages directory roles and groups: assignments, role settings, reviews.",
        is_privileged=True,
        permissions=_on((*_KEEP, *_PEOPLE), _D, _G),
    ),
    _directory(
        SECURITY_ADMINISTRATOR,
        "Security Administrator",
        "Reads security information and handles alerts.",
        is_privileged=True,
        permissions=_on((*_READ, Permission.ALERTS_MANAGE), _D, _G),
    ),
    _directory(
        SECURITY_READER,
        "Security Reader",
        "Reads security settings and reports.",
        is_privileged=True,
        permissions=_on(_READ, _D, _G),
    ),
    _directory(
        GLOBAL_READER,
        "Global Reader",
        "Reads everything a Global Administrator can change.",
        is_privileged=True,
        permissions=_on(_READ, _D, _G),
    ),
    _directory(
        USER_ADMINISTRATOR,
        "User Administrator",
        "Manages users and groups without power, and resets their passwords.",
        is_privileged=True,
        permissions=_on((Permission.PEOPLE_MANAGE,), _D)
        | _on((Permission.PEOPLE_MANAGE, Permission.ASSIGNMENTS_READ), _G),
    ),
    _directory(
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
        "Privileged Authentication Administrator",
        "Manages sign-in methods of all users, administrators included.",
        is_privileged=True,
    ),
    _directory(
        "c4e39bd9-1100-46d3-8c65-fb160da0071f",
        "Authentication Administrator",
        "Manages sign-in methods of users who are not administrators.",
        is_privileged=True,
    ),
    _directory(
        "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
        "Conditional Access Administrator",
        "Manages conditional access policies.",
        is_privileged=True,
    ),
    _directory(
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "Application Administrator",
        "Manages app registrations and enterprise apps.",
        is_privileged=True,
    ),
    _directory(
        "158c047a-c907-4556-b7ef-446551a6b5f7",
        "Cloud Application Administrator",
        "Manages apps, application proxy aside.",
        is_privileged=True,
    ),
    _directory(
        "729827e3-9c14-49f7-bb1b-9608f156bbb8",
        "Helpdesk Administrator",
        "Resets passwords of users who are not administrators.",
        is_privileged=True,
    ),
    _directory(
        "3a2c62db-5318-420d-8d74-23affee5d9d5",
        "Intune Administrator",
        "Manages devices and their policies.",
        is_privileged=True,
    ),
    _directory(
        "fdd7a751-b60b-444a-984c-02652fe8fa1c", "Groups Administrator", "Manages groups and their settings."
    ),
    _directory(TEAMS_ADMINISTRATOR, "Teams Administrator", "Manages calls, meetings and teams."),
    _directory(
        "29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator", "Manages mailboxes and mail flow."
    ),
    _directory(
        "f28a1f50-f6e7-4571-818b-6a12f2af6b6c", "SharePoint Administrator", "Manages sites and their sharing."
    ),
    _directory(
        "b0f54661-2d74-4c50-afa3-1ec803f12efe",
        "Billing Administrator",
        "Manages subscriptions, invoices and purchases.",
    ),
    _directory(
        "17315797-102d-40b4-93e0-432062caca18",
        "Compliance Administrator",
        "Manages compliance settings and reports.",
    ),
    _directory(
        "4d6ac14f-3453-41d0-bef9-a3e0c569773a",
        "License Administrator",
        "Assigns licences to users and groups.",
    ),
    _directory("4a5d8f65-41da-4de4-8968-e035b65339cf", "Reports Reader", "Reads usage and sign-in reports."),
    BuiltInRole(
        RESOURCE_OWNER,
        _R,
        "Owner",
        "Everything on the resource, access included.",
        is_privileged=True,
        permissions=_on(_KEEP, _R),
    ),
    BuiltInRole(
        USER_ACCESS_ADMINISTRATOR,
        _R,
        "User Access Administrator",
        "Manages who may do what on the resource.",
        is_privileged=True,
        permissions=_on(_KEEP, _R),
    ),
    BuiltInRole(CONTRIBUTOR, _R, "Contributor", "Changes everything on the resource but access."),
    BuiltInRole(
        READER,
        _R,
        "Reader",
        "Sees the resource and who holds roles on it.",
        permissions=_on((Permission.ASSIGNMENTS_READ,), _R),
    ),
    BuiltInRole(GROUP_MEMBER, _G, "Member", "Has what the group has."),
    BuiltInRole(GROUP_OWNER, _G, "Owner", "Manages the members of the group.", permissions=_on(_KEEP, _G)),
)

IDS: dict[Provider, list[UUID]] = {
    provider: [role.id for role in ROLES if role.provider == provider] for provider in Provider
}
