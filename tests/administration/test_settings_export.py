from datetime import timedelta

import pytest

from apps.administration.policy.settings_file import applied
from apps.administration.policy.settings_names import Lookup
from apps.administration.policy.settings_reading import read_settings
from apps.administration.selectors.settings_file import names_in, settings_as_blocks
from apps.administration.services.settings_file import export_settings
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import NotAllowed
from apps.roles import built_in
from apps.roles.models import RoleSettings
from apps.roles.policy.plain import as_plain
from apps.roles.policy.rules import RoleRules
from apps.roles.selectors import as_rules
from tests.factories import acting, make_active, make_group, make_resource, make_user, set_rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def production(now):
    return make_resource("Production", parent=make_resource("Contoso", now=now), now=now)


@pytest.fixture
def keeper(production, now):
    """Owner of Production."""
    user = make_user("Kim Keeper", now=now)
    make_active(user, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + timedelta(days=30))
    return user


def places(user, now):
    return [(block.role, block.resource) for block in settings_as_blocks(acting(user, now=now).access)]


def test_hands_out_what_reads_back_as_the_same_rules(administrator, production, now):
    group = make_group("Admins", now=now, is_role_assignable=True)
    set_rules(built_in.CONTRIBUTOR, resource=production, now=now, approvers=(administrator, group))
    set_rules(built_in.TEAMS_ADMINISTRATOR, now=now, maximum_half_hours=3)
    set_rules(built_in.GROUP_MEMBER, resource=group.resource, now=now, requires_ticket=True)
    actor = acting(administrator, now=now)

    file = read_settings(export_settings(actor=actor, now=now).encode())

    lookup = Lookup(names_in(file.blocks, actor.access))
    targets = lookup.targets(file.blocks)
    read = {
        (target.role_id, target.resource_id): as_plain(applied(target.block, RoleRules(), target.approvers))
        for target in targets
    }
    assert (file.faults, lookup.faults) == ((), [])
    assert read == {
        (row.role_id, row.resource_id): as_plain(as_rules(row)) for row in RoleSettings.objects.all()
    }
    assert len(read) >= 3


def test_writes_down_who_took_it(administrator, now):
    export_settings(actor=acting(administrator, now=now), now=now)

    event = AuditEvent.objects.get(action=AuditAction.SETTINGS_EXPORTED)
    assert event.sentence == f"{administrator.name} exported role settings."
    assert event.details == {"settings": RoleSettings.objects.count()}


def test_refuses_who_reads_no_settings(requester, now):
    with pytest.raises(NotAllowed):
        export_settings(actor=acting(requester, now=now), now=now)

    assert not AuditEvent.objects.filter(action=AuditAction.SETTINGS_EXPORTED).exists()


def test_hands_out_what_is_read_and_nothing_else(keeper, production, now):
    elsewhere = make_resource("Elsewhere", now=now)
    for resource in (None, production, production.parent, elsewhere):
        set_rules(built_in.CONTRIBUTOR, resource=resource, now=now)

    assert places(keeper, now) == [("Contributor", str(production.pk))]


def test_hands_out_directory_roles_to_who_reads_the_directory(auditor, production, now):
    set_rules(built_in.CONTRIBUTOR, resource=production, now=now)
    set_rules(built_in.TEAMS_ADMINISTRATOR, now=now)

    assert places(auditor, now) == [("Teams Administrator", "")]


def test_finds_resources_as_far_as_they_are_seen(keeper, production, now):
    text = "version: 1\nsettings:\n" + "".join(
        f"- {{provider: resources, role: Reader, resource: {name}}}\n"
        for name in (production.pk, "Contoso", "Contoso / Production")
    )
    file = read_settings(text.encode())
    lookup = Lookup(names_in(file.blocks, acting(keeper, now=now).access))

    assert [target.resource_id for target in lookup.targets(file.blocks)] == [production.pk]
    assert [fault.line for fault in lookup.faults] == [4, 5]


def test_asks_the_database_no_more_often_for_more(administrator, now, django_assert_max_num_queries):
    actor = acting(administrator, now=now)
    for _ in range(20):
        resource, approver = make_resource(now=now), make_user(now=now)
        set_rules(built_in.CONTRIBUTOR, resource=resource, now=now, approvers=(administrator, approver))

    with django_assert_max_num_queries(8):
        settings_as_blocks(actor.access)
