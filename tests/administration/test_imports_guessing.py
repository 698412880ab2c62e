"""A file is no way to guess: a line about what its sender may not see answers as if it were not there."""

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.administration.policy.imports import TEMPLATES, Kind, can_import
from apps.administration.selectors.settings_file import WrongFile, changes_in
from apps.administration.services.imports.planning import plan_import
from apps.assignments.models import Assignment
from apps.audit.vocabulary import CONSOLE
from apps.common.access import Permission, Provider
from apps.roles import built_in
from apps.roles.models import RoleDefinition
from apps.roles.services.custom_roles import create_role
from tests.administration.test_imports import plan, worked
from tests.factories import acting, assign, make_active, make_resource, make_user, set_rules

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=30)


def custom_role(provider, granted, now):
    name = f"Role {RoleDefinition.objects.count()}"
    return create_role(provider=provider, name=name, granted=granted, actor=CONSOLE, now=now).id


@pytest.fixture
def shop(now):
    return make_resource("Shop", now=now, kind="Subscription")


@pytest.fixture
def prober(shop, now):
    """Manages groups and a resource of their own, and reads requests of the shop."""
    prober = make_user("Pia Prober", now=now)
    groups = custom_role(Provider.DIRECTORY, {(Provider.GROUPS, Permission.PEOPLE_MANAGE)}, now)
    requests = custom_role(Provider.RESOURCES, {(Provider.RESOURCES, Permission.REQUESTS_READ)}, now)
    make_active(prober, groups, now=now)
    make_active(prober, requests, shop, now=now, ends_at=now + MONTH)
    make_active(prober, built_in.RESOURCE_OWNER, make_resource("Own", now=now), now=now, ends_at=now + MONTH)
    return prober


def answers(kind, guesses, by, now):
    """What each line is told in a file of its own, but for what it says itself."""
    jobs = [(plan(kind, guess, by=by, now=now), guess) for guess in guesses]
    lines = [(job.lines.get(), guess) for job, guess in jobs]
    return {
        (line.verdict, line.reason.replace(guess[1], "…").replace(guess[0], "…")) for line, guess in lines
    }


def test_of_people(prober, now):
    make_user("Ada", now=now, email="ada@example.com", job_title="Engineer")
    rows = [
        "Ada,ada@example.com,,,Engineer,,",
        "Bob,bob@example.com,,,,,",
        "Cy,cy@example.com,,ada@example.com,,,",
    ]
    file = "\n".join(
        [",".join(TEMPLATES[Kind.PEOPLE].names), *rows, "Dan,dan@example.com,,no@example.com,,,"]
    )
    may_once = make_active(prober, built_in.USER_ADMINISTRATOR, now=now)
    actor = acting(prober, now=now)
    job = plan_import(kind=Kind.PEOPLE, file_name="p.csv", content=file.encode(), actor=actor, now=now)

    submit(Ask(Action.ADMIN_REMOVE, assignment_id=may_once.pk), actor=THE_CONSOLE, now=now)

    assert len(set(worked(job, now).lines.values_list("verdict", "reason"))) == 1
    assert not can_import(acting(prober, now=now).access, Kind.PEOPLE)


def test_of_roles(prober, now):
    of_resources = {(Provider.RESOURCES, Permission.SETTINGS_MANAGE)}
    make_active(prober, custom_role(Provider.DIRECTORY, of_resources, now), now=now)
    description = "Manages calls, meetings and teams."
    guesses = [
        ("directory", "Teams Administrator", description, "", "", "", ""),
        ("directory", "Teams Administrator", "No", "", "", "", ""),
        ("directory", "Nothing", "No", "", "", "", ""),
    ]

    assert len(answers(Kind.ROLES, guesses, prober, now)) == 1


def test_of_resources(prober, shop, now):
    make_resource("Secret", now=now, kind="Vault")
    guesses = [("Secret", "Vault"), ("Nothing", "Vault")]

    assert len(answers(Kind.RESOURCES, guesses, prober, now)) == 1


def test_of_assignments(prober, shop, now):
    ada, bob = (make_user(name, now=now) for name in ("Ada", "Bob"))
    assign(ada, built_in.CONTRIBUTOR, shop, now=now, ends_at=now + MONTH)
    until = f"{now + MONTH:%Y-%m-%d %H:%M}Z"
    guesses = [
        (who.email, role, provider, where, kind, "", until, "")
        for who, role, provider, where, kind in (
            (ada, "Contributor", "resources", "Shop", Assignment.Kind.ELIGIBLE),
            (ada, "Contributor", "resources", "Shop", Assignment.Kind.ACTIVE),
            (bob, "Contributor", "resources", "Shop", Assignment.Kind.ELIGIBLE),
        )
    ]

    assert len(answers(Kind.ASSIGNMENTS, guesses, prober, now)) == 1


def test_of_settings(prober, now):
    set_rules(now=now, maximum_half_hours=3)

    def told(role, hours):
        file = f"version: 1\nsettings:\n- provider: directory\n  role: {role}\n"
        file += f"  activation:\n    maximum_hours: {hours}\n"
        with pytest.raises(WrongFile) as refused:
            changes_in(file.encode(), actor=acting(prober, now=now), now=now)
        return str(refused.value).replace(role, "…")

    assert told("Teams Administrator", 1.5) == told("Teams Administrator", 2) == told("Nothing", 2)
