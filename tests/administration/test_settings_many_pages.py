"""Role settings copied to others, a few values for many, and two roles side by side."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.administration.policy.settings_words import cell_name
from apps.administration.selectors.settings_many import roles_of, targets_of
from apps.administration.selectors.settings_plan import changes_to, plan_of
from apps.common.access import Provider
from apps.roles import built_in
from apps.roles.models import RoleSettings
from apps.roles.policy.plain import as_plain
from apps.roles.policy.rules import Audience, Cell, NoticeCase, SeatKind
from apps.roles.selectors import as_rules, rules_for
from tests.access_requests.pages import code_of, text_of
from tests.factories import acting, make_active, make_resource, make_user, role, set_rules

pytestmark = pytest.mark.django_db

TEAMS, BILLING = built_in.TEAMS_ADMINISTRATOR, "b0f54661-2d74-4c50-afa3-1ec803f12efe"
USERS = built_in.USER_ADMINISTRATOR
MANY = reverse("administration:change_many_settings", args=[Provider.DIRECTORY])
COPY = reverse("administration:copy_settings", args=[Provider.DIRECTORY, TEAMS])


@pytest.fixture
def now():
    return timezone.now()


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_administrator(administrator):
    return client_of(administrator)


@pytest.fixture
def keeper(now):
    """Owner of Production."""
    user, production = make_user("Kim Keeper", now=now), make_resource("Production", now=now)
    make_active(user, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + timedelta(days=30))
    return user, production


def rules(role_id):
    return as_rules(RoleSettings.objects.get(role=role_id, resource=None))


def applying(response, user, data):
    return data | {"apply": "1", "digest": response.context["plan"].digest, "code": code_of(user)}


def planned(response):
    return [
        (line.each.change.role.name, [difference.setting.name for difference in line.each.differences])
        for line in response.context["plan"].lines
    ]


# ---- Many --------------------------------------------------------------------------------------------------


def test_changes_what_was_chosen_and_leaves_the_rest(as_administrator, administrator, now):
    set_rules(TEAMS, now=now, maximum_half_hours=16, requires_ticket=True)
    set_rules(USERS, now=now, maximum_half_hours=8)
    data = {"roles": [TEAMS, USERS, BILLING], "maximum_half_hours": "8", "active_requires_mfa": "yes"}

    plan = as_administrator.post(MANY, data)
    assert (plan.status_code, rules(TEAMS).maximum_half_hours) == (200, 16)
    assert planned(plan) == [
        ("Billing Administrator", ["maximum_half_hours", "active_requires_mfa"]),
        ("Teams Administrator", ["maximum_half_hours", "active_requires_mfa"]),
        ("User Administrator", ["active_requires_mfa"]),
    ]

    response = as_administrator.post(MANY, applying(plan, administrator, data))

    assert (response.status_code, response.url) == (
        302,
        reverse("administration:settings", args=["directory"]),
    )
    assert {rules(id_).maximum_half_hours for id_ in (TEAMS, USERS, BILLING)} == {8}
    assert (rules(TEAMS).requires_ticket, rules(USERS).requires_ticket) == (True, False)


def test_makes_no_own_settings_where_the_values_are_there_already(as_administrator):
    response = as_administrator.post(MANY, {"roles": [BILLING], "maximum_half_hours": "16"})

    assert "Nothing would change." in text_of(response)


def test_replaces_approvers(as_administrator, administrator, approver, now):
    other = make_user(now=now)
    data = {
        "roles": [TEAMS],
        "requires_approval": "yes",
        "replace_approvers": "on",
        "approvers": [str(approver.pk), str(other.pk)],
        "manager": "on",
    }
    plan = as_administrator.post(MANY, data)

    response = as_administrator.post(MANY, applying(plan, administrator, data))

    assert response.status_code == 302
    assert {seat.principal_id for seat in rules(TEAMS).approvers} == {approver.pk, other.pk, None}
    assert SeatKind.MANAGER in {seat.kind for seat in rules(TEAMS).approvers}


def test_changes_cells_and_of_them_what_is_chosen(as_administrator, administrator, now):
    told, asked = (NoticeCase.ACTIVE, Audience.ADMIN), (NoticeCase.ACTIVATION, Audience.APPROVER)
    soc = Cell(additional_recipients=("soc@example.com",), critical_only=True)
    set_rules(TEAMS, now=now, cells={told: soc, asked: Cell(critical_only=True)})
    data = {
        "roles": [TEAMS, BILLING],
        f"{cell_name(*told)}_default": "no",
        f"{cell_name(*told)}_additional": "one@example.com; two@example.com",
        f"{cell_name(*asked)}_critical": "no",
    }
    plan = as_administrator.post(MANY, data)

    as_administrator.post(MANY, applying(plan, administrator, data))

    both = ("one@example.com", "two@example.com")
    assert rules(TEAMS).cell(*told) == Cell(False, both, critical_only=True)
    assert rules(BILLING).cell(*told) == Cell(False, both)
    assert rules(TEAMS).cell(*asked) == Cell()

    data = {"roles": [TEAMS], f"{cell_name(*told)}_additional": "none"}
    as_administrator.post(MANY, applying(as_administrator.post(MANY, data), administrator, data))

    assert rules(TEAMS).cell(*told) == Cell(default_recipients=False, critical_only=True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"maximum_half_hours": "8"}, "Choose at least one role."),
        ({"roles": [BILLING]}, "Choose at least one setting."),
        ({"roles": ["x"], "requires_ticket": "yes"}, "not one of the available choices"),
        ({"roles": [BILLING], "maximum_half_hours": "49"}, "not one of the available choices"),
        ({"roles": [BILLING], "requires_ticket": "yes", "manager": "on"}, "Tick this, or name nobody."),
        ({"roles": [BILLING], "approvers": ["x"], "replace_approvers": "on"}, "cannot be picked"),
    ],
)
def test_refuses_a_choice_that_makes_no_sense(as_administrator, data, words):
    response = as_administrator.post(MANY, data)

    assert response.status_code == 400
    assert words in text_of(response)


def test_shows_what_is_refused_and_has_no_button_for_it(as_administrator, administrator):
    data = {"roles": [BILLING, TEAMS], "authentication": "context"}

    plan = as_administrator.post(MANY, data)

    assert "Name the authentication context." in text_of(plan)
    assert 'aria-disabled="true"' in text_of(plan)
    assert 'name="apply"' not in text_of(plan)
    assert as_administrator.post(MANY, applying(plan, administrator, data)).status_code == 400
    assert not RoleSettings.objects.filter(role__in=[BILLING, TEAMS], authentication="context").exists()


def test_comes_back_with_what_was_chosen(as_administrator):
    data = {"roles": [BILLING], "requires_ticket": "yes", "find": "choice"}

    page = as_administrator.post(MANY, data)

    assert page.status_code == 200
    assert f'value="{BILLING}"' in text_of(page)
    assert page.context["form"]["roles"].value() == [BILLING]
    assert '<option value="yes" selected>' in text_of(page)


def test_shows_the_new_plan_when_things_have_moved_on(as_administrator, administrator, now):
    data = {"roles": [TEAMS], "maximum_half_hours": "8"}
    plan = as_administrator.post(MANY, data)
    set_rules(TEAMS, now=now, maximum_half_hours=20)

    response = as_administrator.post(MANY, applying(plan, administrator, data))

    assert (response.status_code, rules(TEAMS).maximum_half_hours) == (409, 20)


def test_offers_a_keeper_their_own_places(keeper, now):
    user, production = keeper
    elsewhere = make_resource("Elsewhere", now=now)
    address = reverse("administration:change_many_settings", args=[Provider.RESOURCES])
    data = {"roles": [str(built_in.CONTRIBUTOR)], "requires_ticket": "yes"}

    for place in (str(elsewhere.pk), "everywhere"):
        response = client_of(user).post(address, data | {"places": [place]})
        assert response.status_code == 400
        assert "not one of the available choices" in text_of(response)

    data |= {"places": [str(production.pk)]}
    client = client_of(user)
    assert client.post(address, applying(client.post(address, data), user, data)).status_code == 302
    assert rules_for(role(built_in.CONTRIBUTOR), production).requires_ticket
    assert not rules_for(role(built_in.CONTRIBUTOR), elsewhere).requires_ticket


def test_plans_20_with_as_many_queries_as_2(administrator, django_assert_num_queries, now):
    actor = acting(administrator, now=now)
    targets = targets_of(roles_of(Provider.DIRECTORY), [None])

    def plan(count):
        changes = changes_to(targets[:count], lambda rules: replace(rules, requires_ticket=True))
        return plan_of(changes, actor=actor, now=now)

    plan(1)
    with CaptureQueriesContext(connection) as queries:
        assert len(plan(2).lines) == 2
    with django_assert_num_queries(len(queries)):
        assert len(plan(20).lines) == 20


# ---- Copy --------------------------------------------------------------------------------------------------


def test_copies_every_rule(as_administrator, administrator, approver, now):
    set_rules(TEAMS, now=now, approvers=(approver, administrator), maximum_half_hours=3, requires_ticket=True)
    set_rules(USERS, now=now, maximum_half_hours=20)
    data = {"roles": [BILLING, USERS]}

    plan = as_administrator.post(COPY, data)
    response = as_administrator.post(COPY, applying(plan, administrator, data))

    assert response.status_code == 302
    assert as_plain(rules(BILLING)) == as_plain(rules(USERS)) == as_plain(rules(TEAMS))


def test_copies_to_another_place(keeper, now):
    user, production = keeper
    shop = make_resource("Shop", parent=production, now=now)
    set_rules(built_in.CONTRIBUTOR, resource=production, now=now, maximum_half_hours=3)
    address = reverse("administration:copy_settings", args=[Provider.RESOURCES, built_in.CONTRIBUTOR])
    address += f"?on={production.pk}"
    data = {"roles": [str(built_in.READER)], "places": [str(shop.pk)]}
    client = client_of(user)

    response = client.post(address, applying(client.post(address, data), user, data))

    assert response.status_code == 302
    assert rules_for(role(built_in.READER), shop).maximum_half_hours == 3
    assert rules_for(role(built_in.READER), production).maximum_half_hours == 16


def test_copies_nothing_for_a_reader(auditor):
    response = client_of(auditor).post(COPY, {"roles": [BILLING]})

    assert response.status_code == 403


# ---- Compare -----------------------------------------------------------------------------------------------


def compare(client, **data):
    return client.get(reverse("administration:compare_settings", args=[Provider.DIRECTORY]), data)


def differing(response):
    return {line.setting.name for line in response.context["lines"] if line.differs}


def test_compares_two_roles_and_a_role_with_the_defaults(auditor, now):
    set_rules(TEAMS, now=now, maximum_half_hours=3)
    set_rules(USERS, now=now, maximum_half_hours=3, requires_ticket=True)
    client = client_of(auditor)

    assert differing(compare(client, one=TEAMS, other=USERS)) == {"requires_ticket"}
    assert differing(compare(client, one=TEAMS, other="defaults")) == {"maximum_half_hours"}
    assert compare(client, one=TEAMS, other=TEAMS).context["count"] == 0


def test_shows_only_what_differs(auditor, now):
    set_rules(TEAMS, now=now, maximum_half_hours=3)

    page = text_of(compare(client_of(auditor), one=TEAMS, other="defaults", only="1"))

    assert "Activation maximum duration" in page
    assert "Require ticket information" not in page


@pytest.mark.parametrize("one", ["x", "", "\0"])
def test_compares_nothing_that_is_no_role(auditor, one):
    assert compare(client_of(auditor), one=one).status_code == 400
