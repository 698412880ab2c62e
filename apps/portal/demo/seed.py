"""Puts the demo organisation in place, by the same commands as anybody, only at an earlier `now`."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import transaction

from apps.access_requests.asks import THE_CONSOLE, Ask, Said
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.accounts.models import Principal, User
from apps.accounts.services.factors import enrol_authenticator
from apps.accounts.services.passwords import set_password
from apps.accounts.services.people import change_person, create_user
from apps.assignments.models import Assignment
from apps.assignments.roll_ups.writing import roll_up
from apps.audit.vocabulary import CONSOLE
from apps.portal.demo.alerts import make_findings
from apps.portal.demo.cast import CAST, EXTRAS, MANAGERS, PASSWORD, Account
from apps.portal.demo.history import NO_LONGER_STANDING, make_history
from apps.portal.demo.organisation import Organisation, make_groups, make_resources, make_roles, make_settings
from apps.roles import built_in
from apps.roles.models import Resource, RoleDefinition
from apps.roles.selectors import directory, resource_of

BEGAN = timedelta(days=120)  # how long the organisation has used the portal already

ELIGIBLE, ACTIVE = Assignment.Kind.ELIGIBLE, Assignment.Kind.ACTIVE


@transaction.atomic
def seed_demo(now: datetime) -> bool:
    """Whether anything was put in place; an organisation that is there already stays as it is."""
    if User.objects.exists():
        return False
    began = (now - BEGAN).replace(microsecond=0)
    people = {account.email.split("@")[0]: _make_person(account, began) for account in (*CAST, *EXTRAS)}
    for name, manager in MANAGERS.items():
        change_person(user=people[name], manager=people[manager], actor=CONSOLE, now=began)
    organisation = Organisation(people, make_groups(began), make_resources(began), make_roles(began))
    make_settings(organisation, began)
    _assign_for_good(organisation, began)
    _make_eligible(organisation, began, now)
    make_history(organisation, now)
    while roll_up(now=now):
        pass
    make_findings(organisation, now)
    return True


def _make_person(account: Account, now: datetime) -> User:
    user = create_user(
        name=account.name,
        email=account.email,
        actor=CONSOLE,
        now=now,
        department=account.department,
        job_title=account.job_title,
        time_zone="Europe/Berlin",
        type=User.Type.GUEST if account.is_guest else User.Type.MEMBER,
    )
    if account.part:  # nobody signs in as one of the others, and hashing a password takes its time
        set_password(user=user, password=PASSWORD, actor=CONSOLE, now=now)
    if not account.is_guest:
        secret = hashlib.sha256(f"{PASSWORD}:{account.email}".encode()).digest()[:20]
        enrol_authenticator(user=user, name="Authenticator app", actor=CONSOLE, now=now, secret=secret)
    return user


def _assign_for_good(organisation: Organisation, now: datetime) -> None:
    """What is held permanently: the emergency admin, the auditor, and who is in which group."""
    people, groups = organisation.people, organisation.groups
    root = directory()
    give(people["admin"], built_in.GLOBAL_ADMINISTRATOR, root, ACTIVE, now, why="Emergency access.")
    give(people["auditor"], built_in.SECURITY_READER, root, ACTIVE, now, why="Reads the audit log.")
    leads, duty = resource_of(groups["leads"]), resource_of(groups["duty"])
    for name in ("approver", "tom.baker"):
        give(people[name], built_in.GROUP_MEMBER, leads, ACTIVE, now, why="Leads messaging.")
    give(people["diego.alvarez"], built_in.SECURITY_READER, root, ACTIVE, now, why="Reports to the board.")
    operators = resource_of(groups["operators"])
    give(people["diego.alvarez"], built_in.GROUP_OWNER, operators, ACTIVE, now, why="Built the databases.")
    for name in ("john.doe", "maria.silva", "reviewer"):
        give(people[name], built_in.GROUP_MEMBER, duty, ACTIVE, now, why="On the security rota.")
    shared, until = organisation.resources["shared"], now + timedelta(days=180)
    for name, _ in NO_LONGER_STANDING:
        give(people[name], built_in.CONTRIBUTOR, shared, ACTIVE, now, until, why="Builds the platform.")


def _make_eligible(organisation: Organisation, began: datetime, now: datetime) -> None:
    people, groups, resources = organisation.people, organisation.groups, organisation.resources
    operator = organisation.roles["operator"].pk
    root, john = directory(), people["john.doe"]
    year = began + timedelta(days=360)
    operators = resource_of(groups["operators"])
    give(john, built_in.TEAMS_ADMINISTRATOR, root, ELIGIBLE, began)
    give(john, built_in.SECURITY_READER, root, ELIGIBLE, began)
    give(john, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, root, ELIGIBLE, began)
    give(john, built_in.CONTRIBUTOR, resources["production"], ELIGIBLE, began, year)
    give(john, built_in.GROUP_MEMBER, operators, ELIGIBLE, began, year)
    give(john, built_in.USER_ADMINISTRATOR, root, ELIGIBLE, began, now + timedelta(days=10))
    give(john, built_in.READER, resources["shared"], ELIGIBLE, began, now - timedelta(days=7))
    give(people["maria.silva"], built_in.USER_ADMINISTRATOR, root, ELIGIBLE, began)
    give(people["kenji.tanaka"], built_in.CONTRIBUTOR, resources["production"], ELIGIBLE, began, year)
    give(people["kenji.tanaka"], built_in.TEAMS_ADMINISTRATOR, root, ELIGIBLE, began)
    give(people["kenji.tanaka"], operator, resources["orders"], ELIGIBLE, began, year)
    give(people["approver"], built_in.PRIVILEGED_ROLE_ADMINISTRATOR, root, ELIGIBLE, began)
    give(people["approver"], built_in.RESOURCE_OWNER, resources["production"], ELIGIBLE, began, year)
    give(people["reviewer"], built_in.GROUP_MEMBER, operators, ELIGIBLE, began, year)
    give(groups["duty"], built_in.GLOBAL_READER, root, ELIGIBLE, began)
    give(people["guest"], built_in.READER, resources["sandbox"], ELIGIBLE, began, year)
    give(people["ines.costa"], built_in.READER, resources["shared"], ELIGIBLE, began, year)
    give(people["ben.carter"], built_in.USER_ADMINISTRATOR, root, ELIGIBLE, began)
    give(people["greta.lind"], built_in.SECURITY_ADMINISTRATOR, root, ELIGIBLE, began)
    give(people["tom.baker"], built_in.TEAMS_ADMINISTRATOR, root, ELIGIBLE, began)
    give(people["amara.okafor"], built_in.CONTRIBUTOR, resources["production"], ELIGIBLE, began, year)
    for name in ("amara.okafor", "kenji.tanaka", "chloe.martin"):
        give(people[name], built_in.GROUP_MEMBER, operators, ELIGIBLE, began, year)
    give(people["tom.baker"], built_in.READER, resources["shared"], ELIGIBLE, now - timedelta(days=20), year)
    give(
        people["diego.alvarez"],
        built_in.READER,
        resources["sandbox"],
        ELIGIBLE,
        now - timedelta(days=8),
        year,
    )
    lately = now - timedelta(days=60)
    give(people["chloe.martin"], built_in.USER_ADMINISTRATOR, root, ELIGIBLE, lately)
    give(people["elif.kaya"], built_in.SECURITY_ADMINISTRATOR, root, ELIGIBLE, lately)
    give(people["fatima.noor"], built_in.TEAMS_ADMINISTRATOR, root, ELIGIBLE, lately)


def give(
    principal: Principal,
    role_id: object,
    resource: Resource,
    kind: Assignment.Kind,
    now: datetime,
    until: datetime | None = None,
    why: str = "",
) -> None:
    """Assign a role, as the console does it."""
    role = RoleDefinition.objects.get(pk=role_id)
    ask = Ask(
        Action.ADMIN_ASSIGN,
        principal_id=principal.id,
        role_id=role.id,
        resource_id=resource.id,
        kind=kind,
        starts_at=now,
        ends_at=until,
        said=Said(justification=why),
    )
    submit(ask, actor=THE_CONSOLE, now=now)
