from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE
from apps.access_requests.models import AccessRequest
from apps.access_requests.states import State
from apps.administration.selectors.moving import move_of
from apps.administration.selectors.resources import resource_detail, resource_tree
from apps.administration.services.resources import (
    create_resource,
    move_resource,
    rename_resource,
    retire_resource,
)
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Conflict, Invalid, NotAllowed
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.models import Resource, SettingsChange
from apps.roles.policy.rules import Seat, SeatKind
from tests.factories import (
    acting,
    activate,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
    save_rules,
    set_rules,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_door")]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CONTRIBUTOR, OWNER, READER = built_in.CONTRIBUTOR, built_in.RESOURCE_OWNER, built_in.READER


@pytest.fixture
def platform(now):
    return make_resource("Platform", kind="Management group", now=now)


@pytest.fixture
def production(platform, now):
    return make_resource("Production", parent=platform, now=now)


@pytest.fixture
def sandbox(platform, now):
    return make_resource("Sandbox", parent=platform, now=now)


@pytest.fixture
def shop(production, now):
    return make_resource("Shop", kind="Resource group", parent=production, now=now)


@pytest.fixture
def alma(administrator, now):
    return acting(administrator, now=now)


def move(resource, parent, actor, now, *, seen=""):
    seen = seen or move_of(Resource.objects.get(pk=resource.pk), parent, now=now).digest
    parent_id = parent.pk if parent else None
    return move_resource(resource.pk, parent_id=parent_id, seen=seen, actor=actor, now=now)


def an_owner(where, now, name="Olga Owner"):
    owner = make_user(name, now=now)
    make_active(owner, OWNER, where, now=now, ends_at=now + 30 * DAY)
    return owner


# ---- Create, rename ----------------------------------------------------------------------------------------


def test_creates_what_an_owner_asks_for_below_their_own(production, now):
    owner = an_owner(production, now)

    made = create_resource(
        parent_id=production.pk, name="orders", kind="Database", actor=acting(owner, now=now), now=now
    )

    assert made.parent == production
    event = AuditEvent.objects.get(action=AuditAction.RESOURCE_CREATED, resource_path=made.path)
    assert event.actor_id == str(owner.pk)


def test_creates_nothing_where_somebody_else_keeps(production, sandbox, now):
    owner = acting(an_owner(production, now), now=now)

    for parent_id in (sandbox.pk, None):
        with pytest.raises(NotAllowed):
            create_resource(parent_id=parent_id, name="orders", kind="Database", actor=owner, now=now)


def test_creates_nothing_without_a_fresh_second_factor(administrator, production, now):
    stale = acting(administrator, now=now, proven_at=now - HOUR)

    with pytest.raises(NotAllowed) as refused:
        create_resource(parent_id=production.pk, name="orders", kind="Database", actor=stale, now=now)

    assert refused.value.rules == ("MfaRule",)


def test_gives_no_name_twice_in_one_place(shop, production, alma, now):
    with pytest.raises(NotAllowed, match="shop is there already"):
        create_resource(parent_id=production.pk, name="shop", kind="Database", actor=alma, now=now)


def test_renames_a_resource(shop, alma, now):
    rename_resource(shop.pk, name="Shop", kind="Cluster", actor=alma, now=now)

    assert Resource.objects.get(pk=shop.pk).kind == "Cluster"


def test_touches_neither_groups_nor_the_directory(alma, now):
    group = make_group(now=now)

    with pytest.raises(Invalid):
        rename_resource(group.resource.pk, name="x", kind="y", actor=alma, now=now)


# ---- Move --------------------------------------------------------------------------------------------------


def test_shows_who_gains_and_who_loses(shop, production, sandbox, platform, now):
    kenji, maria, john = (make_user(name, now=now) for name in ("Kenji", "Maria", "John"))
    loses = assign(kenji, CONTRIBUTOR, production, now=now, ends_at=now + DAY)
    gains = assign(maria, READER, sandbox, now=now, ends_at=now + DAY)
    assign(john, READER, platform, now=now, ends_at=now + DAY)  # above both
    assign(john, CONTRIBUTOR, shop, now=now, ends_at=now + DAY)  # moves along

    move = move_of(shop, sandbox, now=now)

    assert (move.gains, move.losses) == ((gains,), (loses,))


def test_shows_which_settings_become_others(shop, production, sandbox, now):
    assign(make_user(now=now), CONTRIBUTOR, shop, now=now, ends_at=now + DAY)
    set_rules(CONTRIBUTOR, resource=production, requires_ticket=True, now=now)

    (other,) = move_of(shop, sandbox, now=now).settings

    assert (other.role.name, other.resource) == ("Contributor", shop)
    assert (other.before.requires_ticket, other.after.requires_ticket) == (True, False)


def test_treats_loosened_settings_like_any_that_somebody_loosens(
    shop, production, sandbox, alma, approver, now
):
    kenji = make_user("Kenji", now=now)
    assign(kenji, CONTRIBUTOR, shop, now=now, ends_at=now + DAY)
    set_rules(CONTRIBUTOR, resource=production, approvers=(approver,), now=now)

    move(shop, sandbox, alma, now)

    change = SettingsChange.objects.get(resource=shop)
    assert (change.role.name, change.by_name) == ("Contributor", "Alma Admin")
    assert AuditEvent.objects.filter(
        action=AuditAction.SETTINGS_CHANGED, resource_path=Resource.objects.get(pk=shop.pk).path
    ).exists()
    told = Notice.objects.get(event=NoticeEvent.SETTINGS_LOOSENED, recipient_id=approver.pk)
    assert told.subject == "PIM: Alma Admin loosened the settings of Contributor"


def test_shows_no_settings_that_are_the_same_there(shop, production, sandbox, platform, now):
    assign(make_user(now=now), CONTRIBUTOR, shop, now=now, ends_at=now + DAY)
    set_rules(CONTRIBUTOR, resource=platform, requires_ticket=True, now=now)

    assert move_of(shop, sandbox, now=now).settings == ()


def test_shows_no_settings_that_move_along(shop, sandbox, now):
    cart = make_resource("Cart", parent=shop, now=now)
    assign(make_user(now=now), CONTRIBUTOR, cart, now=now, ends_at=now + DAY)
    set_rules(CONTRIBUTOR, resource=shop, requires_ticket=True, now=now)

    assert move_of(shop, sandbox, now=now).settings == ()


def test_moves_what_was_shown(shop, sandbox, alma, now):
    move(shop, sandbox, alma, now)

    assert Resource.objects.get(pk=shop.pk).parent == sandbox


def test_moves_nothing_once_what_was_shown_has_changed(shop, production, sandbox, alma, now):
    seen = move_of(shop, sandbox, now=now).digest
    assign(make_user(now=now), CONTRIBUTOR, production, now=now, ends_at=now + DAY)

    with pytest.raises(Conflict):
        move(shop, sandbox, alma, now, seen=seen)

    assert Resource.objects.get(pk=shop.pk).parent == production


def test_ends_what_was_activated_from_what_no_longer_lies_above(shop, production, sandbox, alma, now):
    kenji = make_user("Kenji", now=now)
    eligible = assign(kenji, CONTRIBUTOR, production, now=now, ends_at=now + DAY)
    below = activate(eligible, kenji, resource_id=shop.pk, now=now).result

    move(shop, sandbox, alma, now + MINUTE)

    below.refresh_from_db()
    assert (below.ended_at, below.ended_how) == (now + MINUTE, Assignment.End.GROUND_LOST)
    event = AuditEvent.objects.get(action=AuditAction.ACTIVATION_ENDED)
    assert (event.actor_name, event.target_name) == ("Alma Admin", "Kenji")


def test_closes_what_waits_for_that(shop, production, sandbox, alma, approver, now):
    kenji = make_user("Kenji", now=now)
    set_rules(CONTRIBUTOR, approvers=(approver,), now=now)
    eligible = assign(kenji, CONTRIBUTOR, production, now=now, ends_at=now + DAY)
    waiting = activate(eligible, kenji, resource_id=shop.pk, now=now)

    move(shop, sandbox, alma, now)

    waiting = AccessRequest.objects.get(pk=waiting.pk)
    assert (waiting.state, waiting.closing_reason) == (State.CANCELED, "Alma Admin moved Shop.")


def test_keeps_what_was_activated_from_what_moves_along(shop, production, sandbox, alma, now):
    kenji = make_user("Kenji", now=now)
    eligible = assign(kenji, CONTRIBUTOR, shop, now=now, ends_at=now + DAY)
    running = activate(eligible, kenji, now=now).result

    move(shop, sandbox, alma, now)

    assert Assignment.objects.get(pk=running.pk).is_current(now)


@pytest.mark.parametrize("through", ["themself", "a group", "a group they may join", "one within that"])
def test_moves_nothing_to_where_the_mover_holds_more(through, shop, production, sandbox, now):
    owner = make_user("Olga", now=now)
    group = make_group("Operators", now=now)
    inner = make_group("Night shift", now=now)
    holder = owner if through == "themself" else group
    for where in (production, sandbox):
        make_active(owner, built_in.USER_ACCESS_ADMINISTRATOR, where, now=now, ends_at=now + DAY)
    assign(holder, CONTRIBUTOR, sandbox, now=now, ends_at=now + DAY)
    if through == "a group":
        make_active(owner, built_in.GROUP_MEMBER, group.resource, now=now, ends_at=now + DAY)
    elif through == "a group they may join":
        may_join(owner, group, now=now)
    elif through == "one within that":
        may_join(owner, inner, now=now)
        join(inner, group, now=now)

    with pytest.raises(NotAllowed) as refused:
        move(shop, sandbox, acting(owner, now=now), now)

    assert refused.value.rules == ("SelfRule",)


def test_moves_nothing_to_where_the_mover_holds_it_for_longer(shop, production, sandbox, now):
    owner = make_user("Olga", now=now)
    for where, days in ((production, 1), (sandbox, 2)):
        make_active(owner, OWNER, where, now=now, ends_at=now + days * DAY)

    with pytest.raises(NotAllowed) as refused:
        move(shop, sandbox, acting(owner, now=now), now)

    assert refused.value.rules == ("SelfRule",)


def test_moves_nothing_to_where_nobody_could_approve(shop, production, sandbox, alma, now):
    group = make_group(now=now)
    join(make_user("Kenji", now=now), group, now=now)
    assign(group, CONTRIBUTOR, shop, now=now, ends_at=now + DAY)
    rules = {"requires_approval": True, "approvers": (Seat(SeatKind.RESOURCE_OWNERS),), "now": now}
    save_rules(CONTRIBUTOR, resource=shop, **rules)
    an_owner(production, now)

    with pytest.raises(NotAllowed) as refused:
        move(shop, sandbox, alma, now)
    assert refused.value.rules == ("ApproverRule",)

    an_owner(sandbox, now, "Otto Owner")
    assert move(shop, sandbox, alma, now).parent == sandbox


def test_moves_what_nobody_could_approve_before_either(shop, production, sandbox, alma, now):
    assign(make_user("Kenji", now=now), CONTRIBUTOR, shop, now=now, ends_at=now + DAY)
    save_rules(CONTRIBUTOR, requires_approval=True, approvers=(Seat(SeatKind.RESOURCE_OWNERS),), now=now)

    assert move(shop, sandbox, alma, now).parent == sandbox


def test_moves_to_where_the_mover_holds_the_same(shop, production, sandbox, now):
    owner = an_owner(production, now)
    make_active(owner, OWNER, sandbox, now=now, ends_at=now + DAY)

    move(shop, sandbox, acting(owner, now=now), now)

    assert Resource.objects.get(pk=shop.pk).parent == sandbox


# ---- Retire ------------------------------------------------------------------------------------------------


def test_retires_a_resource_that_nobody_holds_anything_on(shop, alma, now):
    retire_resource(shop.pk, actor=alma, now=now)

    assert Resource.objects.get(pk=shop.pk).retired_at == now


def test_retires_nothing_that_is_in_use(shop, production, alma, now):
    assign(make_user(now=now), CONTRIBUTOR, shop, now=now, ends_at=now + DAY)

    for resource in (shop, production):
        with pytest.raises(NotAllowed) as refused:
            retire_resource(resource.pk, actor=alma, now=now)
        assert refused.value.rules == ("InUseRule",)


def test_assigns_nothing_on_what_is_retired(shop, now):
    retire_resource(shop.pk, actor=THE_CONSOLE, now=now)

    with pytest.raises(Invalid):
        assign(make_user(now=now), CONTRIBUTOR, shop, now=now, ends_at=now + DAY)


# ---- Reads -------------------------------------------------------------------------------------------------


def names(tree):
    return [(line.depth, line.resource.name) for line in tree.lines]


def test_draws_the_tree_in_order_of_names(platform, production, sandbox, shop, alma, now):
    make_resource("Annex", now=now)

    tree = resource_tree(alma.access, now=now)

    assert names(tree) == [(0, "Annex"), (0, "Platform"), (1, "Production"), (2, "Shop"), (1, "Sandbox")]


def test_shows_a_keeper_their_part_of_the_tree(platform, production, sandbox, shop, now):
    owner = acting(an_owner(production, now), now=now)

    assert names(resource_tree(owner.access, now=now)) == [(0, "Production"), (1, "Shop")]
    assert names(resource_tree(owner.access, q="sand", now=now)) == []


def test_finds_by_name_and_kind_with_what_lies_above(platform, production, shop, alma, now):
    (line,) = resource_tree(alma.access, q="sho group", now=now).lines

    assert (line.resource, line.above) == (shop, ("Platform", "Production"))


def test_shows_the_uppermost_of_a_large_tree(platform, production, shop, alma, now, monkeypatch):
    monkeypatch.setattr("apps.administration.selectors.resources.DRAWN_WHOLE", 2)

    (line,) = resource_tree(alma.access, now=now).lines

    assert (line.resource, line.has_more) == (platform, True)


def test_counts_what_is_held_there_and_above(platform, production, shop, now):
    for resource in (platform, production, production):
        assign(make_user(now=now), CONTRIBUTOR, resource, now=now, ends_at=now + DAY)
    make_active(make_user(now=now), CONTRIBUTOR, production, now=now, ends_at=now + DAY)

    (held,) = resource_detail(production, now=now).held

    assert (held.role_name, held.eligible, held.active, held.inherited) == ("Contributor", 2, 1, 1)


@pytest.mark.parametrize("q", ["", "resource"])
def test_asks_as_often_for_20_as_for_2(q, platform, alma, django_assert_num_queries, now):
    def grow(count):
        for number in range(count):
            made = make_resource(f"Resource {count}-{number}", parent=platform, now=now)
            assign(make_user(now=now), CONTRIBUTOR, made, now=now, ends_at=now + DAY)

    grow(2)
    expected = 3 if q else 2
    with django_assert_num_queries(expected):
        resource_tree(alma.access, q=q, now=now)
    grow(18)
    with django_assert_num_queries(expected):
        resource_tree(alma.access, q=q, now=now)
