"""The demo's groups, resources, roles and role settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from apps.accounts.models import Group, User
from apps.audit.vocabulary import CONSOLE
from apps.common.access import Permission, Provider
from apps.roles import built_in
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.rules import Authentication, Seat, SeatKind, default_rules
from apps.roles.selectors import resource_of
from apps.roles.services.custom_roles import create_role
from apps.roles.services.groups import create_group
from apps.roles.services.resources import create_resource
from apps.roles.services.settings import save_settings


@dataclass(frozen=True)
class Organisation:
    """The demo organisation, by short names."""

    people: dict[str, User]
    groups: dict[str, Group]
    resources: dict[str, Resource]
    roles: dict[str, RoleDefinition]


def make_groups(now: datetime) -> dict[str, Group]:
    def group(name: str, description: str, **facts: bool) -> Group:
        return create_group(actor=CONSOLE, name=name, description=description, now=now, **facts)

    return {
        "leads": group("Messaging leads", "Decides who may administer messaging.", is_role_assignable=True),
        "duty": group("Security duty", "On the security rota this quarter.", is_role_assignable=True),
        "operators": group("Database operators", "Has access to 14 databases.", is_managed=True),
    }


def make_resources(now: datetime) -> dict[str, Resource]:
    def resource(kind: str, name: str, parent: Resource | None = None) -> Resource:
        return create_resource(actor=CONSOLE, kind=kind, name=name, parent=parent, now=now)

    platform = resource("Management group", "Example platform")
    production = resource("Subscription", "Production", platform)
    payments = resource("Resource group", "rg-payments-prod", production)
    return {
        "platform": platform,
        "production": production,
        "shared": resource("Subscription", "Shared services", platform),
        "sandbox": resource("Subscription", "Sandbox", platform),
        "payments": payments,
        "orders": resource("Database", "orders", payments),
    }


def make_roles(now: datetime) -> dict[str, RoleDefinition]:
    """One that no product brings along."""
    operator = create_role(
        provider=Provider.RESOURCES,
        name="Database operator",
        description="Restarts databases and restores their backups.",
        link="https://databases.example.com/",
        usage="Sign in to the console of the cluster with your admin account.",
        enforced_by="the platform team",
        granted={(Provider.RESOURCES, Permission.ASSIGNMENTS_READ)},
        actor=CONSOLE,
        now=now,
    )
    return {"operator": operator}


def make_settings(organisation: Organisation, now: datetime) -> None:
    """Each role asks for something else, so that every kind of activation can be tried."""
    people, groups, resources = organisation.people, organisation.groups, organisation.resources
    jane, ada = _seat(people["approver"]), _seat(people["admin"])
    _set(
        built_in.TEAMS_ADMINISTRATOR,
        None,
        now,
        approvers=[jane, _seat(groups["leads"])],
        maximum_half_hours=16,
        requires_approval=True,
    )
    _set(built_in.SECURITY_READER, None, now, authentication=Authentication.NONE, maximum_half_hours=4)
    _set(
        built_in.PRIVILEGED_ROLE_ADMINISTRATOR,
        None,
        now,
        approvers=[jane, ada, _seat(people["tom.baker"])],
        maximum_half_hours=8,
        requires_approval=True,
    )
    _set(
        built_in.USER_ADMINISTRATOR,
        None,
        now,
        approvers=[jane, ada],
        maximum_half_hours=4,
        requires_approval=True,
        requires_ticket=True,
        authentication=Authentication.MFA_EACH_TIME,
    )
    _set(built_in.CONTRIBUTOR, resources["production"], now, requires_ticket=True)
    _set(
        built_in.GROUP_MEMBER,
        resource_of(groups["operators"]),
        now,
        authentication=Authentication.MFA,
        permanent_active=False,
    )
    _set(built_in.GROUP_OWNER, resource_of(groups["operators"]), now, permanent_active=True)


def _set(
    role_id: object,
    resource: Resource | None,
    now: datetime,
    *,
    approvers: list[Seat] | None = None,
    **values: object,
) -> None:
    role = RoleDefinition.objects.get(pk=role_id)
    rules = replace(default_rules(role.provider), approvers=tuple(approvers or ()), **values)
    save_settings(actor=CONSOLE, role=role, resource=resource, rules=rules, now=now)


def _seat(principal: User | Group) -> Seat:
    return Seat(SeatKind.PRINCIPAL, principal.id)
