"""On whose desk a line lies, and who may say something of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.selectors.power import power_of
from apps.access_requests.services.door import submit
from apps.access_requests.services.people import disable_person
from apps.access_requests.states import Action
from apps.accounts.models import User
from apps.audit.vocabulary import CONSOLE
from apps.common.errors import NotAllowed
from apps.reviews.models import Decision, Item
from apps.reviews.selectors.reviewers import reviewers_to_tell
from apps.reviews.services.answering import lines_of
from apps.reviews.services.keeping import change_reviewers
from apps.reviews.states import Answer, Who
from apps.roles import built_in
from tests.factories import (
    acting,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
)
from tests.reviews.making import NOW, line_of, named, reviewing, run, say, stage_of, start_review, terms_for

pytestmark = pytest.mark.django_db

SOON = NOW + timedelta(hours=1)  # by then whoever has left is replaced
LATER = NOW + timedelta(days=60)


def start(owner, *rows, stage):
    return start_review(owner, terms_for(*rows, stages=(stage,)), now=NOW)


def in_front_of(user, *, now=NOW):
    """The names of the holders on whose access somebody may say something."""
    return {item.holder_name for item in lines_of(reviewing(user, now=now), now=now)}


def told(round_, *, now=NOW):
    return {user.name: count for user, count in reviewers_to_tell(round_, now=now).items()}


def remove(row, *, now=NOW):
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=row.id), actor=THE_CONSOLE, now=now)


def role_group(*members, name="Admins"):
    """One that holds a directory role for good."""
    group = make_group(name, now=NOW, is_role_assignable=True)
    for each in members:
        join(each, group, now=NOW)
    return group


# ---- Selected ----------------------------------------------------------------------------------------------


def test_of_a_group_whoever_is_in_it_now_reviews(owner, reviewer, ann):
    board = make_group("Board", now=NOW)
    membership = join(reviewer, board, now=NOW)
    round_ = start(owner, assign(ann, now=NOW), stage=stage_of(board))
    newcomer = make_user("Nina", now=NOW)
    assert told(round_) == {"Rita Reviewer": 1}

    remove(membership)
    join(newcomer, board, now=NOW)

    assert (in_front_of(reviewer), in_front_of(newcomer)) == (set(), {"Ann"})
    assert told(round_) == {"Nina": 1}
    with pytest.raises(NotAllowed, match="not yours to review"):
        say(Item.objects.get(), Answer.DENY, by=reviewer, now=NOW)


def test_nobody_else_sees_a_line(owner, reviewer, ann, ben):
    start(owner, assign(ann, now=NOW), stage=stage_of(reviewer))

    assert not any(in_front_of(user) for user in (owner, ann, ben))
    with pytest.raises(NotAllowed, match="not yours to review"):
        say(Item.objects.get(), Answer.APPROVE, by=owner, now=NOW)


# ---- Managers and owners -----------------------------------------------------------------------------------


def managed(name, manager):
    user = make_user(name, now=NOW)
    User.objects.filter(pk=user.pk).update(manager=manager)
    return user


def test_managers_review_and_the_fallback_where_there_is_none(owner, reviewer, fallback, ann):
    gone = make_user("Gone", now=NOW)
    disable(gone)
    holders = [managed("Cem", reviewer), ann, managed("Dora", gone)]
    rows = [assign(each, now=NOW) for each in holders]

    start(owner, *rows, stage=stage_of(who=Who.MANAGERS, fallback=[fallback]))

    assert in_front_of(reviewer) == {"Cem"}
    assert in_front_of(fallback) == {"Ann", "Dora"}


def test_for_the_line_of_a_group_its_owners_review(owner, reviewer, fallback, ann):
    group, orphan = role_group(ann), role_group(ann, name="Orphans")
    make_active(reviewer, built_in.GROUP_OWNER, group.resource, now=NOW, ends_at=LATER)
    rows = [make_active(each, built_in.SECURITY_READER, now=NOW) for each in (group, orphan)]

    start(owner, *rows, stage=stage_of(who=Who.MANAGERS, fallback=[fallback]))

    assert (in_front_of(reviewer), in_front_of(fallback)) == ({"Admins"}, {"Orphans"})


def test_owners_of_the_nearest_resource_above_review(owner, reviewer, fallback, ann, ben):
    top = make_resource("Top", now=NOW)
    shop = make_resource("Shop", parent=top, now=NOW)
    alone, own = make_resource("Alone", now=NOW), make_resource("Own", parent=top, now=NOW)
    make_active(reviewer, built_in.RESOURCE_OWNER, top, now=NOW, ends_at=LATER)
    make_active(ben, built_in.RESOURCE_OWNER, own, now=NOW, ends_at=LATER)
    rows = [assign(ann, built_in.READER, at, now=NOW, ends_at=LATER) for at in (shop, alone, own)]

    round_ = start(owner, *rows, stage=stage_of(who=Who.OWNERS, fallback=[fallback]))

    desks = {item.resource_name: item.desk.key for item in round_.items.select_related("desk")}
    assert desks == {"Shop": f"owners:{shop.id}", "Alone": "fallback", "Own": f"owners:{own.id}"}
    assert told(round_) == {"Rita Reviewer": 1, "Fay Fallback": 1, "Ben": 1}


def test_owners_of_a_group_review_who_is_in_it_but_not_themselves(owner, reviewer, fallback, ann):
    club = make_group("Club", now=NOW)
    owning = make_active(reviewer, built_in.GROUP_OWNER, club.resource, now=NOW, ends_at=LATER)
    member = join(ann, club, now=NOW)

    start(owner, owning, member, stage=stage_of(who=Who.OWNERS, fallback=[fallback]))

    assert (in_front_of(reviewer), in_front_of(fallback)) == ({"Ann"}, {"Rita Reviewer"})


def test_whoever_has_become_owner_since_replaces_the_one_who_left(owner, reviewer, fallback, ann):
    club = make_group("Club", now=NOW)
    owning = make_active(reviewer, built_in.GROUP_OWNER, club.resource, now=NOW, ends_at=LATER)
    start(owner, join(ann, club, now=NOW), stage=stage_of(who=Who.OWNERS, fallback=[fallback]))
    heir = make_user("Hera Heir", now=NOW)
    make_active(heir, built_in.GROUP_OWNER, club.resource, now=NOW, ends_at=LATER)
    remove(owning)
    disable_person(reviewer.id, actor=CONSOLE, now=NOW)

    run(now=SOON)

    assert in_front_of(heir, now=SOON) == {"Ann"}


# ---- One's own ---------------------------------------------------------------------------------------------


def _directly(person):
    return person


def _through_a_group(person):
    return role_group(person)


def _may_join(person):
    group = role_group()
    may_join(person, group, now=NOW)
    return group


@pytest.mark.parametrize("held_by", [_directly, _through_a_group, _may_join])
def test_nobody_reviews_what_they_hold_themself(owner, reviewer, fallback, held_by):
    row = make_active(held_by(reviewer), built_in.SECURITY_READER, now=NOW)

    round_ = start(owner, row, stage=stage_of(reviewer, fallback=[fallback]))

    assert (in_front_of(reviewer), len(in_front_of(fallback))) == (set(), 1)
    assert told(round_) == {"Fay Fallback": 1}
    with pytest.raises(NotAllowed, match="not yours to review"):
        say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=NOW)
    assert not Decision.objects.exists()


def test_nor_through_a_group_in_a_group(owner, reviewer, fallback):
    inner, outer, shop = make_group(now=NOW), make_group("Outer", now=NOW), make_resource(now=NOW)
    join(reviewer, inner, now=NOW)
    join(inner, outer, now=NOW)
    row = make_active(outer, built_in.READER, shop, now=NOW, ends_at=LATER)

    start(owner, row, stage=stage_of(reviewer, fallback=[fallback]))

    assert (in_front_of(reviewer), in_front_of(fallback)) == (set(), {"Outer"})


def test_the_others_at_the_desk_review_it(owner, reviewer, fallback, ann):
    row = assign(reviewer, now=NOW)

    round_ = start(owner, row, stage=stage_of(reviewer, ann, fallback=[fallback]))

    assert line_of(round_, row).desk.key == "selected"
    assert (in_front_of(reviewer), in_front_of(ann)) == (set(), {"Rita Reviewer"})
    assert told(round_) == {"Ann": 1}


def test_without_a_fallback_it_lies_in_front_of_nobody_until_one_is_named(owner, reviewer, fallback):
    row = assign(reviewer, now=NOW)
    round_ = start(owner, row, stage=stage_of(reviewer))
    assert line_of(round_, row).desk is None

    change_reviewers(
        round_.pk,
        reviewers=named(reviewer),
        fallback=named(fallback),
        actor=acting(owner, now=NOW),
        now=NOW,
    )
    run(now=NOW)

    assert in_front_of(fallback) == {"Rita Reviewer"}


def test_whoever_comes_to_hold_it_while_the_round_runs_may_not_say_any_more(owner, reviewer, ann):
    group = role_group(ann)
    row = make_active(group, built_in.SECURITY_READER, now=NOW)
    round_ = start(owner, row, stage=stage_of(reviewer))
    assert in_front_of(reviewer) == {"Admins"}

    may_join(reviewer, group, now=NOW)

    assert in_front_of(reviewer) == set()
    with pytest.raises(NotAllowed, match="not yours to review"):
        say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=NOW)


# ---- Holders themselves ------------------------------------------------------------------------------------


def test_holders_answer_for_themselves_and_the_fallback_for_a_group(owner, reviewer, fallback, ann):
    rows = [make_active(each, built_in.SECURITY_READER, now=NOW) for each in (ann, role_group(reviewer))]

    round_ = start(owner, *rows, stage=stage_of(who=Who.HOLDERS, fallback=[fallback]))

    assert [in_front_of(each) for each in (ann, reviewer, fallback)] == [{"Ann"}, set(), {"Admins"}]
    say(line_of(round_, rows[0]), Answer.APPROVE, by=ann, now=NOW)
    assert Decision.objects.get().is_own


def test_a_holder_who_leaves_is_answered_for_by_the_fallback(owner, fallback, ann):
    start(owner, assign(ann, now=NOW), stage=stage_of(who=Who.HOLDERS, fallback=[fallback]))

    disable_person(ann.id, actor=CONSOLE, now=NOW)
    run(now=SOON)

    assert in_front_of(fallback, now=SOON) == {"Ann"}


# ---- Leaving -----------------------------------------------------------------------------------------------


def test_a_reviewer_who_leaves_is_replaced_within_the_hour_for_what_is_not_decided(
    owner, reviewer, fallback, ann, ben
):
    rows = [assign(each, now=NOW) for each in (ann, ben)]
    round_ = start(owner, *rows, stage=stage_of(reviewer, fallback=[fallback]))
    say(line_of(round_, rows[0]), Answer.DENY, by=reviewer, now=NOW)

    disable_person(reviewer.id, actor=CONSOLE, now=NOW)
    run(now=SOON)

    assert in_front_of(fallback, now=SOON) == {"Ben"}
    assert line_of(round_, rows[0]).answer == Answer.DENY


def test_nobody_is_replaced_as_long_as_somebody_at_the_desk_may_look(owner, reviewer, fallback, ann, ben):
    round_ = start(owner, assign(ann, now=NOW), stage=stage_of(reviewer, ben, fallback=[fallback]))

    disable_person(reviewer.id, actor=CONSOLE, now=NOW)
    run(now=SOON)

    assert (in_front_of(ben, now=SOON), in_front_of(fallback, now=SOON)) == ({"Ann"}, set())
    assert told(round_, now=SOON) == {"Ben": 1}


# ---- Whoever decides has power -----------------------------------------------------------------------------


def powers(*users):
    return [sorted(source.says for source in power_of(user.id, now=NOW).sources) for user in users]


def test_managers_and_owners_have_power_as_long_as_they_decide(owner, reviewer, fallback, ann):
    club, shop = make_group("Club", now=NOW), make_resource("Shop", now=NOW)
    owning = [
        make_active(reviewer, built_in.GROUP_OWNER, club.resource, now=NOW, ends_at=LATER),
        make_active(reviewer, built_in.RESOURCE_OWNER, shop, now=NOW, ends_at=LATER),
    ]
    rows = [join(ann, club, now=NOW), assign(ann, built_in.READER, shop, now=NOW, ends_at=LATER)]
    round_ = start(owner, *rows, stage=stage_of(who=Who.OWNERS, fallback=[fallback]))
    for row in owning:
        remove(row)
    assert in_front_of(reviewer) == {"Ann"}
    assert powers(reviewer) == [["Reviews Reader on Shop"]]

    change_reviewers(round_.pk, reviewers=(), fallback=named(fallback), actor=acting(owner, now=NOW), now=NOW)
    assert powers(reviewer) == [["Reviews Reader on Shop"]]
    run(now=LATER - timedelta(days=1))

    assert powers(reviewer, fallback) == [[], []]


def test_so_has_a_manager_who_is_none_any_more(owner, reviewer, fallback):
    holder = managed("Cem", reviewer)
    start(owner, assign(holder, now=NOW), stage=stage_of(who=Who.MANAGERS, fallback=[fallback]))
    assert "Reviews as a manager" in powers(reviewer)[0]

    User.objects.filter(pk=holder.pk).update(manager=None)

    assert in_front_of(reviewer) == {"Cem"}
    assert powers(reviewer) == [["Reviews Teams Administrator on Example Organisation"]]
