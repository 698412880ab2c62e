"""People, resources and custom roles from a file, and back."""

from datetime import timedelta

import pytest

from apps.accounts.models import AccountLink, User
from apps.administration.policy.imports import Kind
from apps.audit.vocabulary import CONSOLE
from apps.common.access import Permission, Provider
from apps.jobs.services import plan_reversal
from apps.roles import built_in
from apps.roles.models import Resource, RoleDefinition
from apps.roles.services.custom_roles import create_role
from tests.administration.test_imports import applied, plan, reasons, verdicts, worked
from tests.factories import acting, make_active, make_resource

pytestmark = pytest.mark.django_db


def reversed_(job, by, now):
    later = now + timedelta(minutes=1)
    access = acting(by, now=later).access
    reversal = worked(plan_reversal(job=job, actor=by, access=access, now=later), later)
    return applied(reversal, by, later)


def test_invites_who_is_new_and_changes_who_is_there(administrator, requester, now):
    job = plan(
        Kind.PEOPLE,
        ("Mia Manager", "mia@example.com", "", "", "Lead", "", ""),
        ("John Doe", "JOHN.DOE@example.com", "", "mia@example.com", "Engineer", "", ""),
        ("Otto Other", "otto@example.com", "robot", "", "", "", ""),
        ("Nick Nobody", "nick@example.com", "", "gone@example.com", "", "", ""),
        by=administrator,
        now=now,
    )
    assert verdicts(job) == ["new", "changed", "wrong", "wrong"]
    assert reasons(job)[1:] == [
        "job_title: – → Engineer; manager: – → mia@example.com",
        "“robot” is no type. Use member or guest.",
        "There is no manager “gone@example.com”. Put them on an earlier line.",
    ]
    assert not User.objects.filter(email="mia@example.com").exists()

    applied(job, administrator, now)

    mia = User.objects.get(email="mia@example.com")
    requester.refresh_from_db()
    assert (requester.manager, requester.job_title) == (mia, "Engineer")
    assert AccountLink.objects.filter(user=mia).count() == 1
    assert verdicts(plan_again(job, administrator, now)) == ["same", "same"]


def plan_again(job, by, now):
    rows = [tuple(line.data.values()) for line in job.lines.exclude(verdict="wrong").order_by("number")]
    return plan(Kind.PEOPLE, *rows, by=by, now=now)


def test_takes_back_what_it_changed_of_people(administrator, requester, now):
    row = ("John Doe", requester.email, "guest", "", "Engineer", "", "")
    job = applied(plan(Kind.PEOPLE, row, by=administrator, now=now), administrator, now)

    reversed_(job, administrator, now)

    requester.refresh_from_db()
    assert (requester.type, requester.job_title) == (User.Type.MEMBER, "")


def test_changes_nobody_with_power_for_a_user_administrator(administrator, requester, now):
    make_active(requester, built_in.USER_ADMINISTRATOR, now=now)
    rows = [
        ("Alma Admin", administrator.email, "", "", "Queen", "", ""),
        ("Neo", "neo@example.com", "", "", "", "", ""),
    ]

    job = plan(Kind.PEOPLE, *rows, by=requester, now=now)

    assert verdicts(job) == ["wrong", "new"]


def test_grows_a_tree_and_takes_it_down_again(administrator, now):
    make_resource("Platform", now=now, kind="Management group")
    job = plan(
        Kind.RESOURCES,
        ("Platform", "Group of subscriptions"),
        ("Platform/Prod", "Subscription"),
        ("Platform / Prod / DB\\/1", "Database"),
        ("Elsewhere/Prod", "Subscription"),
        ("Platform//x", "Subscription"),
        by=administrator,
        now=now,
    )
    assert verdicts(job) == ["changed", "new", "new", "wrong", "wrong"]
    assert reasons(job)[3] == "There is no resource “Elsewhere”. Put it on an earlier line."
    assert Resource.objects.filter(parent__isnull=False).count() == 0

    job = applied(job, administrator, now)
    assert Resource.objects.get(name="DB/1").parent.name == "Prod"
    again = [tuple(line.data.values()) for line in job.lines.exclude(verdict="wrong").order_by("number")]
    assert set(verdicts(plan(Kind.RESOURCES, *again, by=administrator, now=now))) == {"same"}
    reversed_(job, administrator, now)

    (left,) = Resource.objects.in_use().filter(provider="resources")
    assert (left.name, left.kind) == ("Platform", "Management group")


def test_rests_lines_on_earlier_ones_however_far_above(administrator, now, monkeypatch):
    monkeypatch.setattr("apps.jobs.running._CHECKED_AT_ONCE", 1)

    job = plan(
        Kind.RESOURCES, ("A", "Group"), ("A/B", "Group"), ("A/B/C", "Database"), by=administrator, now=now
    )

    assert verdicts(job) == ["new", "new", "new"]


def test_makes_custom_roles_and_deletes_them_again(administrator, now):
    row = ("resources", "Reader of logs", "Reads", "", "", "the log team", "resources:audit.read")
    job = plan(
        Kind.ROLES,
        row,
        ("directory", "Odd", "", "", "", "", "directory:everything"),
        ("directory", "global administrator", "Other words", "", "", "", ""),
        by=administrator,
        now=now,
    )
    assert verdicts(job) == ["new", "wrong", "wrong"]
    assert reasons(job)[2] == "Built-in roles cannot be changed."

    job = applied(job, administrator, now)
    role = RoleDefinition.objects.get(name="Reader of logs")
    assert role.permissions == {"resources": ["audit.read"]}
    assert verdicts(plan(Kind.ROLES, row, by=administrator, now=now)) == ["same"]
    reversed_(job, administrator, now)

    assert not RoleDefinition.objects.filter(name="Reader of logs").exists()


def test_changes_custom_roles_and_back(administrator, now):
    first = ("resources", "Reader of logs", "Reads", "", "", "", "")
    applied(plan(Kind.ROLES, first, by=administrator, now=now), administrator, now)
    second = ("resources", "Reader of logs", "Reads all", "", "", "", "resources:audit.read")

    job = applied(plan(Kind.ROLES, second, by=administrator, now=now), administrator, now)
    assert RoleDefinition.objects.get(name="Reader of logs").description == "Reads all"
    reversed_(job, administrator, now)

    role = RoleDefinition.objects.get(name="Reader of logs")
    assert (role.description, role.permissions) == ("Reads", {})


def test_lets_nobody_define_more_than_they_hold(requester, now):
    granted = {(Provider.RESOURCES, Permission.SETTINGS_MANAGE)}
    rules = create_role(provider=Provider.DIRECTORY, name="Rules", granted=granted, actor=CONSOLE, now=now)
    make_active(requester, rules.id, now=now)

    job = plan(Kind.ROLES, ("resources", "Mine", "", "", "", "", ""), by=requester, now=now)

    assert verdicts(job) == ["wrong"]
