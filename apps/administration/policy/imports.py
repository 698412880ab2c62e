"""What can come in as a file: which columns, and who may send it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices

from apps.administration.policy.csv_files import Column
from apps.administration.policy.roles import CUSTOM_IN
from apps.common.access import Access, Permission, Provider, everywhere
from apps.common.decision import ALLOWED, Decision, denied


class Kind(TextChoices):
    """One template each. The value is the kind of its jobs, and stands in addresses."""

    ASSIGNMENTS = "assignments", "Assignments"
    MEMBERS = "members", "Group members"
    PEOPLE = "people", "People"
    RESOURCES = "resources", "Resources"
    ROLES = "roles", "Custom roles"


class LineAction(TextChoices):
    """What a line asks for where it may also take away."""

    ADD = "add", "Add"
    REMOVE = "remove", "Remove"


@dataclass(frozen=True)
class Template:
    """What a file of one kind looks like. `key` names the columns that say what a line is about, the
    telling one first. It takes one of what it `needs`, somewhere, or in all of a provider that `whole`
    names."""

    kind: Kind
    lead: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    example: tuple[str, ...]
    needs: tuple[Permission, ...]
    whole: tuple[Provider, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


_STARTS = Column("starts_at", "2026-12-01, 2026-12-01 08:00, or with a zone. Empty: now")
_ENDS = Column("ends_at", "2027-06-30, 2027-06-30 18:00, or with a zone. Empty: permanent")
_WHY = Column("justification", "Why, where the role asks for it")
_ACTION = Column("action", "add or remove. Empty: add")

TEMPLATES = {
    template.kind: template
    for template in (
        Template(
            Kind.ASSIGNMENTS,
            "Who is eligible or active for which role, or no longer. What is there gets the period given.",
            (
                Column("principal", "E-mail address of a person, or name of a group", required=True),
                Column("role", "Name of the role", required=True),
                Column("provider", "directory, groups or resources", required=True),
                Column("resource", "Names from the top down: Platform/Production. Empty: the directory"),
                Column("kind", "eligible or active", required=True),
                _STARTS,
                _ENDS,
                _WHY,
                _ACTION,
            ),
            ("principal", "role", "provider", "resource", "kind"),
            (
                "john.doe@example.com",
                "Contributor",
                "resources",
                "Platform/Production",
                "eligible",
                "",
                "2027-06-30",
                "Joins the operations team",
                "add",
            ),
            (Permission.ASSIGNMENTS_MANAGE,),
        ),
        Template(
            Kind.MEMBERS,
            "Who is member or owner of which group, until an end or permanently, or no longer.",
            (
                Column("group", "Name of the group", required=True),
                Column("principal", "E-mail address of a person, or name of a group", required=True),
                Column("role", "member or owner", required=True),
                _ENDS,
                _WHY,
                _ACTION,
            ),
            ("principal", "group", "role"),
            (
                "Operations",
                "john.doe@example.com",
                "member",
                "2027-06-30",
                "Joins the operations team",
                "add",
            ),
            (Permission.ASSIGNMENTS_MANAGE, Permission.PEOPLE_MANAGE),
        ),
        Template(
            Kind.PEOPLE,
            "Who is new gets an invitation by mail. Of who is there already, what the line gives changes.",
            (
                Column("name", "As it is shown", required=True),
                Column("email", "The address they sign in with", required=True),
                Column("type", "member or guest. Empty here and below: as it is"),
                Column("manager", "E-mail address; somebody new stands on an earlier line"),
                Column("job_title", "In words"),
                Column("department", "In words"),
                Column("time_zone", "Such as Europe/Berlin"),
            ),
            ("email",),
            (
                "John Doe",
                "john.doe@example.com",
                "member",
                "jane.roe@example.com",
                "Engineer",
                "Operations",
                "Europe/Berlin",
            ),
            (Permission.PEOPLE_MANAGE, Permission.PRIVILEGED_PEOPLE_MANAGE),
            whole=(Provider.DIRECTORY,),
        ),
        Template(
            Kind.RESOURCES,
            "The tree on which roles are held. What lies above comes on an earlier line.",
            (
                Column("path", "Names from the top down: Platform/Production", required=True),
                Column("kind", "In words: Subscription, Resource group, Database …", required=True),
            ),
            ("path",),
            ("Platform/Production", "Subscription"),
            (Permission.SETTINGS_MANAGE,),
        ),
        Template(
            Kind.ROLES,
            "Roles of your own. An empty cell leaves what there is.",
            (
                Column("provider", "directory or resources", required=True),
                Column("name", "Name of the role", required=True),
                Column("description", "In words"),
                Column("link", "Where the role is used"),
                Column("usage", "How it is used, in words"),
                Column("enforced_by", "Who applies it by hand. Empty for a new one: this portal"),
                Column("permissions", "Such as directory:audit.read directory:alerts.read"),
            ),
            ("name", "provider"),
            (
                "resources",
                "Database Reader",
                "Reads production databases",
                "https://db.example.com",
                "",
                "the database team",
                "resources:assignments.read",
            ),
            (Permission.SETTINGS_MANAGE,),
            whole=CUSTOM_IN,
        ),
    )
}


def can_import(access: Access, kind: Kind) -> Decision:
    """Whether this person may plan such a file at all. Each line is judged by itself, too."""
    template = TEMPLATES[kind]
    if any(_has(access, permission, template.whole) for permission in template.needs):
        return ALLOWED
    return denied("PermissionRule", f"Your active roles do not bring in {kind.label.lower()}.")


def _has(access: Access, permission: Permission, whole: tuple[Provider, ...]) -> bool:
    if not whole:
        return access.may_somewhere(permission)
    return any(access.may(permission, provider, everywhere(provider)) for provider in whole)


def can_import_anything(access: Access) -> Decision:
    if any(can_import(access, kind) for kind in TEMPLATES):
        return ALLOWED
    return denied(
        "PermissionRule",
        "Your active roles bring nothing in. Activate one that manages assignments, people or groups.",
    )
