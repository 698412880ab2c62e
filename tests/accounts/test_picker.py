"""Picking people and groups: what is found, what may be picked, with and without script."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from apps.accounts.web import GROUPS, PEOPLE, Pickable, PrincipalField, PrincipalsField
from apps.common.web.forms import PortalForm
from apps.roles import built_in
from tests.factories import disable, make_active, make_group, make_resource, make_user

pytestmark = pytest.mark.django_db
FIND = reverse("accounts:find_principals")


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


class TeamForm(PortalForm):
    name = forms.CharField()
    is_open = forms.BooleanField(required=False, initial=True)
    members = PrincipalsField()


class ManagerForm(PortalForm):
    manager = PrincipalField(pickable=PEOPLE, required=False)


def posted(**values):
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


@pytest.fixture
def crew(now):
    return make_group("Night crew", now=now)


def test_cleans_to_the_principals_by_name(requester, approver, crew):
    form = TeamForm(posted(name="x", members=[str(requester.pk), str(crew.pk), str(approver.pk)]))

    assert form.is_valid()
    assert [row.name for row in form.cleaned_data["members"]] == ["Ada Approver", "John Doe", "Night crew"]


@pytest.mark.parametrize("ids", [["no id"], [str(uuid4())]])
def test_refuses_who_is_not_there(ids):
    form = TeamForm(posted(name="x", members=ids))

    assert form.errors["members"] == ["Somebody you picked cannot be picked any more. Pick again."]


def test_refuses_who_may_not_be_picked_there(requester, crew, now):
    field = PrincipalsField(pickable=Pickable(role_assignable_only=True))
    disable(requester)

    for principal in (requester, crew):
        with pytest.raises(forms.ValidationError):
            field.clean([str(principal.pk)])


def test_asks_for_somebody():
    assert TeamForm(posted(name="x")).errors["members"] == ["Pick at least one."]


def test_takes_one_where_one_is_meant(requester, approver):
    one = ManagerForm(posted(manager=str(requester.pk)))
    two = ManagerForm(posted(manager=[str(requester.pk), str(approver.pk)]))

    assert one.is_valid()
    assert one.cleaned_data["manager"].name == "John Doe"
    assert two.errors["manager"] == ["Pick one only."]
    assert ManagerForm(posted()).is_valid()


def test_finds_without_sending_and_keeps_what_was_typed(requester, approver):
    form = TeamForm(posted(name="Crew", members=str(approver.pk), members_q="john", find="members"))
    html = str(form["members"])

    assert not form.is_bound
    assert form["name"].value() == "Crew"
    assert form["is_open"].value() is False
    assert f'value="{approver.pk}"\n           checked' in html
    assert f'value="{requester.pk}"' in html


def test_finds_as_one_types(client, administrator, requester, approver, crew):
    client.force_login(administrator)

    response = client.get(FIND, {"name": "m", "kind": ["user", "group"], "many": "1", "m_q": "o do"})
    only_groups = client.get(FIND, {"name": "m", "kind": "group", "many": "1", "m_q": "n"})

    assert [row.name for row in response.context["found"].others] == ["John Doe"]
    assert [row.name for row in only_groups.context["found"].others] == ["Night crew"]


def test_finds_by_address_and_by_every_word(client, administrator, requester, now):
    make_user("John Smith", now=now)
    client.force_login(administrator)

    response = client.get(FIND, {"name": "m", "kind": "user", "m_q": "doe@ john"})

    assert [row.name for row in response.context["found"].others] == ["John Doe"]


def test_says_that_there_are_more(client, administrator, now):
    for number in range(14):
        make_user(f"Twin {number:02}", now=now, enrolled=False)
    client.force_login(administrator)

    found = client.get(FIND, {"name": "m", "kind": "user", "m_q": "twin"}).context["found"]

    assert len(found.others) == 12
    assert found.has_more


def test_is_open_to_whoever_administers_something(client, visitor, auditor, now):
    keeper = make_user("Karl Keeper", now=now)
    make_active(
        keeper,
        built_in.RESOURCE_OWNER,
        make_resource(now=now),
        now=now,
        ends_at=now + timedelta(days=30),
    )

    statuses = []
    for person in (visitor, auditor, keeper):
        client.force_login(person)
        statuses.append(client.get(FIND, {"name": "m", "kind": "user", "m_q": "a"}).status_code)

    assert statuses == [403, 403, 200]


def test_offers_groups_only_where_groups_are_meant(requester, crew):
    assert [row.name for row in GROUPS.rows()] == ["Night crew"]
