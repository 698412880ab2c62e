"""Whoever loosens the settings of a role follows the stricter ones themself, for a day."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from apps.access_requests.selectors.approvers import Standing
from apps.access_requests.selectors.decidable import Decidable
from apps.access_requests.selectors.my_roles import MyRoles
from apps.access_requests.selectors.terms import STRICTER_FOR, loosened_by, terms_of, terms_of_many
from apps.access_requests.states import State
from apps.assignments.selectors import holdings_of
from apps.common.counting import Counts
from apps.common.errors import NotAllowed
from apps.roles import built_in
from apps.roles.policy.rules import Authentication, Seat, SeatKind
from apps.roles.selectors import directory, rules_for
from apps.roles.services.resources import move_resource
from apps.roles.services.settings import remove_settings, save_settings
from tests.access_requests.pages import text_of
from tests.factories import activate, assign, make_resource, make_user, role, set_rules

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ROLE = built_in.TEAMS_ADMINISTRATOR


@pytest.fixture
def loosener(db, now):
    """Keeps the settings, and is eligible for the role."""
    return make_user("Lou Loosener", now=now)


@pytest.fixture
def mine(loosener, now):
    return assign(loosener, now=now)


@pytest.fixture
def strict(needs_approval, now):
    return rules_for(role(ROLE), directory())


def change(by, now, resource=None, role_id=ROLE, **values):
    """Set what the rules are but for these values, as this person."""
    rules = rules_for(role(role_id), resource or directory())
    return save_settings(
        actor=by.party, role=role(role_id), resource=resource, rules=replace(rules, **values), now=now
    )


def test_others_follow_the_new_rules_at_once(loosener, requester, eligible, strict, now):
    change(loosener, now, requires_approval=False)

    assert not terms_of(requester.id, role(ROLE), directory(), now=now).requires_approval
    assert activate(eligible, requester, now=now).state == State.PROVISIONED


def test_the_loosener_still_needs_approval(loosener, mine, strict, now):
    change(loosener, now, requires_approval=False)

    assert activate(mine, loosener, now=now + HOUR).state == State.PENDING_APPROVAL


def test_for_a_day_and_not_a_second_longer(loosener, strict, now):
    change(loosener, now, requires_approval=False)

    def needs_approval(at):
        return terms_of(loosener.id, role(ROLE), directory(), now=at).requires_approval

    assert needs_approval(now + STRICTER_FOR - SECOND)
    assert not needs_approval(now + STRICTER_FOR)


def test_says_why_and_until_when(loosener, requester, mine, strict, now):
    other = make_resource(now=now)
    change(loosener, now, requires_approval=False)
    change(loosener, now + SECOND, maximum_half_hours=48)
    change(loosener, now + 2 * SECOND, requires_ticket=True)
    change(loosener, now + 2 * SECOND, other, built_in.CONTRIBUTOR, requires_justification=True)
    picks = [(role(ROLE), directory()), (role(built_in.CONTRIBUTOR), other)]

    def said(user, at):
        return [(each.role.id, each.at) for each in loosened_by(user.id, picks, now=at)]

    assert said(loosener, now + HOUR) == [(ROLE, now + SECOND)]
    assert said(loosener, now + SECOND + STRICTER_FOR) == []
    assert said(requester, now + HOUR) == []


def test_the_page_to_activate_says_so(client, loosener, mine, strict, now):
    change(loosener, now, requires_approval=False)

    with time_machine.travel(now + HOUR, tick=False):
        client.force_login(loosener)
        text = text_of(client.get(reverse("access_requests:activate"), {"pick": str(mine.pk)}))

    assert "You loosened the settings of Teams Administrator" in text
    assert "the stricter of old and new holds for you" in text


def test_also_where_the_loosener_moves_it_away_afterwards(loosener, approver, now):
    platform, yard = make_resource("Platform", now=now), make_resource("Yard", now=now)
    shop = make_resource("Shop", parent=platform, now=now)
    set_rules(built_in.CONTRIBUTOR, resource=platform, approvers=(approver,), now=now)
    mine = assign(loosener, built_in.CONTRIBUTOR, shop, now=now, ends_at=now + 9 * STRICTER_FOR)

    change(loosener, now, platform, built_in.CONTRIBUTOR, requires_approval=False)
    move_resource(resource=shop, parent=yard, actor=loosener.party, now=now)

    assert activate(mine, loosener, now=now + HOUR).state == State.PENDING_APPROVAL


def test_takes_the_strictest_of_several_changes(loosener, strict, now):
    change(loosener, now, requires_approval=False)
    change(loosener, now + SECOND, maximum_half_hours=48, authentication=Authentication.NONE)

    terms = terms_of(loosener.id, role(ROLE), directory(), now=now + HOUR)

    assert (terms.requires_approval, terms.maximum_half_hours, terms.authentication) == (
        True,
        strict.maximum_half_hours,
        Authentication.MFA,
    )


def test_a_longer_maximum_is_refused_to_its_maker(loosener, mine, now):
    change(loosener, now, maximum_half_hours=48)

    with pytest.raises(NotAllowed) as refused:
        activate(mine, loosener, now=now, minutes=23 * 60)
    assert refused.value.rules == ("ExpirationRule",)


def test_tightening_counts_at_once_for_everybody(loosener, now):
    change(loosener, now, requires_ticket=True, maximum_half_hours=2)

    terms = terms_of(loosener.id, role(ROLE), directory(), now=now)
    assert (terms.requires_ticket, terms.maximum_half_hours) == (True, 2)


def test_a_friend_put_on_the_approver_list_does_not_decide(loosener, mine, strict, approver, now):
    friend = make_user("Fred Friend", now=now)
    seats = (*strict.approvers, Seat(SeatKind.PRINCIPAL, friend.id, friend.name))
    change(loosener, now, approvers=seats)
    request = activate(mine, loosener, now=now)

    def waits_for(user):
        standing = Standing(user, holdings_of(user, now=now))
        return list(Decidable(standing, Counts(), now).rows)

    assert waits_for(friend) == []
    assert waits_for(approver) == [request]


@pytest.mark.parametrize("way", ["there", "above", "wherever"])
def test_follows_a_change_wherever_it_reaches_the_resource(loosener, way, now):
    above = make_resource("Platform", now=now)
    there = make_resource("Shop", parent=above, now=now)
    where = {"there": there, "above": above, "wherever": None}[way]
    set_rules(built_in.CONTRIBUTOR, resource=where, now=now, requires_ticket=True)
    rules = rules_for(role(built_in.CONTRIBUTOR), there)
    save_settings(
        actor=loosener.party,
        role=role(built_in.CONTRIBUTOR),
        resource=where,
        rules=replace(rules, requires_ticket=False),
        now=now,
    )

    assert terms_of(loosener.id, role(built_in.CONTRIBUTOR), there, now=now).requires_ticket


def test_a_change_elsewhere_does_not_count(loosener, now):
    shop, farm = make_resource("Shop", now=now), make_resource("Farm", now=now)
    set_rules(built_in.CONTRIBUTOR, resource=farm, now=now, requires_ticket=True)
    change(loosener, now, farm, built_in.CONTRIBUTOR, requires_ticket=False)

    assert not terms_of(loosener.id, role(built_in.CONTRIBUTOR), shop, now=now).requires_ticket


def test_going_back_to_what_is_inherited_is_a_change_like_any(loosener, now):
    shop = make_resource("Shop", now=now)
    set_rules(built_in.CONTRIBUTOR, resource=shop, now=now, requires_ticket=True)
    remove_settings(actor=loosener.party, role=role(built_in.CONTRIBUTOR), resource=shop, now=now)

    assert terms_of(loosener.id, role(built_in.CONTRIBUTOR), shop, now=now).requires_ticket


def test_my_roles_shows_what_will_be_asked(loosener, mine, strict, now):
    change(loosener, now, requires_approval=False)

    (row,) = MyRoles(loosener, holdings_of(loosener, now=now), (), now=now).eligible

    assert row.settings.requires_approval


def test_takes_as_many_queries_for_two_as_for_twenty(loosener, now, django_assert_num_queries):
    asked = []
    for size in (2, 18):
        for _ in range(size):
            resource = make_resource(now=now)
            change(loosener, now, resource, built_in.CONTRIBUTOR, requires_ticket=True)
            asked.append((loosener.id, role(built_in.CONTRIBUTOR), resource))
        with django_assert_num_queries(5):
            terms_of_many(asked, now=now)
