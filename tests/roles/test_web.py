"""The place a page is about."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.http import Http404
from django.test import RequestFactory

from apps.audit.vocabulary import CONSOLE
from apps.common.access import Access, Grant, Permission, Provider
from apps.common.errors import NotAllowed
from apps.roles.services.resources import create_resource
from apps.roles.web import Place, place_of

pytestmark = pytest.mark.django_db

READ, MANAGE = Permission.ASSIGNMENTS_READ, Permission.ASSIGNMENTS_MANAGE


@pytest.fixture
def production(now):
    return create_resource(actor=CONSOLE, kind="Subscription", name="Production", now=now)


@pytest.fixture
def database(production, now):
    return create_resource(actor=CONSOLE, kind="Database", name="db-1", parent=production, now=now)


def stand(grants, on="", permission=READ):
    request = RequestFactory().get("/", {"on": on} if on else {})
    request.access = Access(uuid4(), frozenset(grants))
    return place_of(request, Provider.RESOURCES, permission), request


def test_is_all_of_a_provider_without_a_resource(production):
    place, request = stand([Grant(READ, Provider.RESOURCES, production.path)])

    assert (place.path, place.name, place.query) == ("", "Resources", "")
    assert request.place == place


def test_is_a_resource_with_the_way_to_it(production, database):
    place, _ = stand([Grant(READ, Provider.RESOURCES)], on=str(database.pk))

    assert (place.path, place.name, place.above) == (database.path, "db-1", (production,))
    assert place.query == f"?on={database.pk}"


def test_leaves_out_of_the_way_what_its_reader_does_not_see(production, database):
    place, _ = stand([Grant(READ, Provider.RESOURCES, database.path)], on=str(database.pk))

    assert place.above == ()


def test_does_not_show_a_resource_on_which_nothing_is_held(production, database):
    for on in (production.pk, uuid4(), "x"):
        with pytest.raises(Http404):
            stand([Grant(READ, Provider.RESOURCES, database.path)], on=str(on))


def test_does_not_show_a_resource_of_another_provider(production):
    with pytest.raises(Http404):
        stand([Grant(READ, Provider.GROUPS), Grant(READ, Provider.DIRECTORY)], on=str(production.pk))


@pytest.mark.parametrize("on", [True, False])
def test_refuses_what_is_seen_and_not_allowed(production, on):
    with pytest.raises(NotAllowed):
        stand([Grant(READ, Provider.RESOURCES)], on=str(production.pk) if on else "", permission=MANAGE)


def test_says_what_may_be_done_there(production, database):
    keeper = Access(uuid4(), frozenset([Grant(READ, Provider.RESOURCES, production.path)]))

    assert Place(Provider.RESOURCES, database).may(keeper, READ)
    assert not Place(Provider.RESOURCES, database).may(keeper, MANAGE)
    assert not Place(Provider.GROUPS).may(keeper, READ)
