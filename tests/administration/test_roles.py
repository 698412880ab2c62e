from datetime import timedelta

import pytest
from django.utils import timezone

from apps.administration.selectors.names import Asked, names_in
from apps.administration.selectors.roles import Show, change_of, role_list
from apps.administration.selectors.settings_changes import Change, right_to_change
from apps.administration.services.roles import change_role, create_role, delete_role, retire_role
from apps.administration.services.settings import change_settings
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.access import Permission, Provider
from apps.common.errors import Conflict, Invalid, NotAllowed
from apps.roles import built_in
from apps.roles.models import RoleDefinition
from apps.roles.policy.rules import RoleRules
from apps.roles.web import Place
from tests.access_requests.pages import code_of
from tests.factories import (
    acting,
    assign,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
    role,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_door")]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DIRECTORY, RESOURCES = Provider.DIRECTORY, Provider.RESOURCES
READS_AUDIT = frozenset({(DIRECTORY, Permission.AUDIT_READ)})
NOTHING = frozenset()


@pytest.fixture
def alma(administrator, now):
    return acting(administrator, now=now)


@pytest.fixture
def prue(now):
    """A Privileged Role Administrator."""
    prue = make_user("Prue", now=now)
    make_active(prue, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    return acting(prue, now=now)


@pytest.fixture
def desk(alma, now):
    return create(alma, now)


def create(actor, now, *, name="Service desk", granted=READS_AUDIT, provider=DIRECTORY):
    return create_role(provider=provider, name=name, granted=granted, actor=actor, now=now, usage="Call 7")


def change(row, actor, now, *, granted=NOTHING, seen=None, name="Service desk"):
    seen = change_of(row, granted, now=now).digest if seen is None else seen
    return change_role(row.pk, name=name, granted=granted, seen=seen, actor=actor, now=now)


def event_of(action):
    return AuditEvent.objects.get(action=action)


# ---- Create, change, delete --------------------------------------------------------------------------------


def test_creates_a_role_with_its_event(alma, now):
    made = RoleDefinition.objects.get(pk=create(alma, now, name=" Service\ndesk ").pk)

    assert (made.name, made.is_built_in, made.is_privileged) == ("Service desk", False, False)
    assert made.permissions == {"directory": ["audit.read"]}
    assert event_of(AuditAction.ROLE_CREATED).sentence == "Alma Admin created the role Service desk."


def test_marks_as_privileged_what_changes_something(alma, now):
    granted = frozenset({(DIRECTORY, Permission.PEOPLE_MANAGE)})

    assert create(alma, now, granted=granted).is_privileged


def test_gives_its_holders_what_is_in_it(desk, now):
    holder = make_user(now=now)
    make_active(holder, desk.pk, now=now)

    assert acting(holder, now=now).access.may_somewhere(Permission.AUDIT_READ)


def test_takes_no_name_twice(desk, alma, now):
    for name in ("Service desk", "SERVICE DESK"):
        with pytest.raises(Invalid, match=f"called {name}"):
            create(alma, now, name=name)


def test_leaves_built_in_roles_as_they_are(alma, now):
    before = list(RoleDefinition.objects.order_by("pk").values())

    for row in RoleDefinition.objects.all():
        with pytest.raises(NotAllowed):
            change(row, alma, now, name=row.name, granted=READS_AUDIT)
        for command in (delete_role, retire_role):
            with pytest.raises(NotAllowed):
                command(row.pk, actor=alma, now=now)

    assert list(RoleDefinition.objects.order_by("pk").values()) == before


def test_creates_nothing_beyond_its_maker(prue, now):
    granted = frozenset({(DIRECTORY, Permission.GLOBAL_ADMINISTRATORS_MANAGE)})

    with pytest.raises(NotAllowed):
        create(prue, now, granted=granted)
    with pytest.raises(NotAllowed):
        create(prue, now, granted=NOTHING, provider=RESOURCES)


def test_creates_nothing_without_a_fresh_second_factor(administrator, now):
    with pytest.raises(NotAllowed) as refused:
        create(acting(administrator, now=now, proven_at=now - HOUR), now)

    assert refused.value.rules == ("MfaRule",)


def test_changes_a_role_and_says_what_from_what(desk, alma, now):
    change(desk, alma, now, name="Desk")

    assert event_of(AuditAction.ROLE_CHANGED).details["changes"] == {
        "name": ["Service desk", "Desk"],
        "permissions": [{"directory": ["audit.read"]}, {}],
    }


def test_shows_whom_other_permissions_reach(desk, now):
    holder, may_activate = make_user("Ann", now=now), make_user("Ben", now=now)
    make_active(holder, desk.pk, now=now)
    assign(may_activate, desk.pk, now=now)

    found = change_of(desk, frozenset({(DIRECTORY, Permission.ALERTS_READ)}), now=now)

    assert [person.name for person in found.holders] == ["Ann", "Ben"]
    assert [each.permissions for each in found.gained] == [(Permission.ALERTS_READ,)]
    assert [each.permissions for each in found.lost] == [(Permission.AUDIT_READ,)]


def test_changes_for_its_holders_only_what_was_shown(desk, alma, now):
    seen = change_of(desk, NOTHING, now=now).digest
    make_active(make_user(now=now), desk.pk, now=now)

    with pytest.raises(Conflict):
        change(desk, alma, now, seen=seen)

    change(desk, alma, now)
    assert RoleDefinition.objects.get(pk=desk.pk).permissions == {}


@pytest.mark.parametrize("through", ["themself", "a group they may join"])
def test_makes_nothing_that_runs_out_last_in_a_role_of_ones_own(through, desk, now):
    prue, keepers = make_user("Prue", now=now), make_group("Keepers", is_role_assignable=True, now=now)
    for_a_day = {"now": now, "ends_at": now + DAY}
    make_active(prue, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, **for_a_day)
    assign(prue if through == "themself" else keepers, desk.pk, now=now)
    may_join(prue, keepers, now=now)
    keeping = frozenset({(DIRECTORY, Permission.ASSIGNMENTS_MANAGE)})

    with pytest.raises(NotAllowed) as refused:
        change(desk, acting(prue, now=now), now, granted=READS_AUDIT | keeping)

    assert refused.value.rules == ("SelfRule",)
    assert RoleDefinition.objects.get(pk=desk.pk).granted == READS_AUDIT


def test_changes_no_built_in_role(alma, now):
    reader = role(built_in.SECURITY_READER)

    with pytest.raises(NotAllowed):
        change(reader, alma, now)
    with pytest.raises(NotAllowed):
        delete_role(reader.pk, actor=alma, now=now)


def test_deletes_what_was_never_used(desk, alma, now):
    delete_role(desk.pk, actor=alma, now=now)

    assert not RoleDefinition.objects.filter(pk=desk.pk).exists()
    assert event_of(AuditAction.ROLE_DELETED).role == "Service desk"


def test_deletes_nothing_that_somebody_holds(desk, alma, now):
    make_active(make_user(now=now), desk.pk, now=now)

    with pytest.raises(NotAllowed, match="It has been used"):
        delete_role(desk.pk, actor=alma, now=now)


def test_retires_what_nobody_holds_any_more(desk, alma, now):
    holder = make_user(now=now)
    assign(holder, desk.pk, now=now, ends_at=now + HOUR)
    later = now + DAY

    with pytest.raises(NotAllowed, match="1 assignment has not ended"):
        retire_role(desk.pk, actor=alma, now=now)
    retire_role(desk.pk, actor=acting(alma.user, now=later), now=later)

    assert RoleDefinition.objects.get(pk=desk.pk).retired_at == later
    assert event_of(AuditAction.ROLE_RETIRED).sentence == "Alma Admin retired the role Service desk."
    with pytest.raises(Invalid, match="no such"):
        assign(holder, desk.pk, now=later)


def test_gives_the_name_of_what_is_retired_to_another(desk, alma, now):
    assert names_in(Asked(roles=[(DIRECTORY, "service desk")]), alma.access).role(DIRECTORY, "Service desk")
    retire_role(desk.pk, actor=alma, now=now)

    with pytest.raises(Invalid, match="no role"):
        names_in(Asked(roles=[(DIRECTORY, "service desk")]), alma.access).role(DIRECTORY, "Service desk")
    assert create(alma, now).pk != desk.pk


def test_changes_no_settings_of_what_is_retired(desk, alma, now):
    retire_role(desk.pk, actor=alma, now=now)

    assert not right_to_change(RoleDefinition.objects.get(pk=desk.pk), None, actor=alma, now=now)
    with pytest.raises(Conflict, match="Service desk has been retired"):
        change_settings([Change(desk, None, RoleRules())], actor=alma, now=now)


# ---- Lists -------------------------------------------------------------------------------------------------


def listed(place, actor, now, **search):
    return {
        line.role.name: (line.eligible, line.active)
        for line in role_list(place, actor.access, now=now, **search).lines
    }


def test_counts_what_is_held_in_a_provider(alma, requester, now):
    assign(requester, now=now)

    found = listed(Place(DIRECTORY), alma, now)

    assert (found["Teams Administrator"], found["Global Administrator"]) == ((1, 0), (0, 1))
    assert "Contributor" not in found


def test_counts_at_a_resource_what_is_held_there_and_above(alma, requester, now):
    production = make_resource(now=now)
    shop = make_resource(parent=production, now=now)
    elsewhere = make_resource(now=now)
    for resource in (production, shop, elsewhere):
        assign(requester, built_in.CONTRIBUTOR, resource, now=now, ends_at=now + DAY)

    assert listed(Place(RESOURCES, shop), alma, now)["Contributor"] == (2, 0)


def test_narrows_to_what_is_held_privileged_custom_or_called_so(desk, alma, requester, now):
    assign(requester, now=now)
    place = Place(DIRECTORY)

    assert set(listed(place, alma, now, show=Show.HELD)) == {"Global Administrator", "Teams Administrator"}
    assert set(listed(place, alma, now, show=Show.CUSTOM)) == {"Service desk"}
    assert "Teams Administrator" not in listed(place, alma, now, show=Show.PRIVILEGED)
    retire_role(desk.pk, actor=alma, now=now)
    assert not listed(place, alma, now, show=Show.CUSTOM)
    assert set(listed(place, alma, now, show=Show.RETIRED)) == {"Service desk"}
    assert set(listed(place, alma, now, q="teams calls")) == {"Teams Administrator"}


def test_asks_as_often_for_20_as_for_2(alma, requester, django_assert_num_queries, now):
    assign(requester, now=now)

    for q in ("teams", ""):
        with django_assert_num_queries(2):
            role_list(Place(DIRECTORY), alma.access, q=q, now=now)


# ---- Pages -------------------------------------------------------------------------------------------------


def test_offers_a_role_only_the_permissions_of_its_maker(client):
    now = timezone.now()  # pages read the clock
    prue = make_user("Prue", now=now)
    make_active(prue, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    client.force_login(prue)

    boxes = dict(client.get("/directory/roles/new/").context["form"].boxes)

    offered = {box.label for box in boxes["Directory roles"] if box.is_offered}
    assert Permission.PEOPLE_MANAGE.label in offered
    assert Permission.GLOBAL_ADMINISTRATORS_MANAGE.label not in offered
    assert not any(box.is_offered for box in boxes["Resources"])


def test_ends_a_role_on_its_page_with_a_code(client):
    now = timezone.now() - DAY  # pages read the clock
    ada = make_user("Ada", now=now)
    make_active(ada, built_in.GLOBAL_ADMINISTRATOR, now=now)
    unused, used = (create(acting(ada, now=now), now, name=name) for name in ("Unused", "Used"))
    assign(make_user(now=now), used.pk, now=now, ends_at=now + HOUR)
    client.force_login(ada)

    assert client.post(f"/directory/roles/{unused.pk}/delete/").status_code == 400
    deleted = client.post(f"/directory/roles/{unused.pk}/delete/", {"code": code_of(ada)})
    retired = client.post(f"/directory/roles/{used.pk}/retire/")

    assert deleted["Location"] == "/directory/roles/"
    assert retired["Location"] == used.get_absolute_url()
    assert RoleDefinition.objects.custom().get().retired_at is not None
    assert [str(text) for text in retired.wsgi_request._messages] == [
        "Unused is deleted.",
        "Used is retired.",
    ]
