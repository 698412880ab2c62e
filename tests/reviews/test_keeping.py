"""What the keepers of a review may do with it, and what becomes of it then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.access_requests.models import ReviewSeat
from apps.accounts.policy import NO_FACTOR
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.access import DIRECTORY_ID, DIRECTORY_PATH, Permission, Provider
from apps.common.errors import Conflict, Invalid, NotAllowed
from apps.notifications.models import Notice
from apps.reviews.models import Decision, Review
from apps.reviews.policy.calendar import Frequency
from apps.reviews.policy.terms import Named, Scope
from apps.reviews.services.applying import apply_round
from apps.reviews.services.keeping import (
    change_reviewers,
    delete_review,
    end_review,
    move_end,
    remind_reviewers,
    reset_round,
    restore_review,
    stop_round,
    take_over,
)
from apps.reviews.services.setting_up import change_review, create_review
from apps.reviews.states import Answer, RoundState
from apps.roles import built_in
from apps.roles.selectors import directory
from apps.roles.services.custom_roles import create_role
from tests.factories import acting, assign, make_active, make_resource, make_user
from tests.reviews.making import (
    CLOSED,
    NOW,
    calendar_from,
    line_of,
    make_review,
    named,
    run,
    say,
    stage_of,
    start_review,
    terms_for,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = NOW + 60 * DAY


@pytest.fixture
def row(ann):
    return assign(ann, now=NOW)


@pytest.fixture
def terms(row, reviewer):
    return terms_for(row, reviewers=[reviewer])


@pytest.fixture
def round_(owner, terms):
    return start_review(owner, terms, now=NOW)


@pytest.fixture
def other():
    """Another Global Administrator."""
    user = make_user("Otto Other", now=NOW)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=NOW)
    return user


# ---- Who may -----------------------------------------------------------------------------------------------


def keeper_of(*places, name="Karl Keeper"):
    user = make_user(name, now=NOW)
    for place in places:
        make_active(user, built_in.RESOURCE_OWNER, place, now=NOW, ends_at=LATER)
    return user


def custom(*permissions):
    granted = {(Provider.RESOURCES, permission) for permission in permissions}
    return create_role(provider=Provider.RESOURCES, name="Custom", granted=granted, actor=CONSOLE, now=NOW)


@pytest.mark.parametrize("permission", [Permission.REVIEWS_MANAGE, Permission.ASSIGNMENTS_MANAGE])
def test_reviews_are_for_whoever_may_manage_both_reviews_and_assignments(ann, reviewer, permission):
    place, keeper = make_resource(now=NOW), make_user(now=NOW)
    make_active(keeper, custom(permission).id, place, now=NOW, ends_at=LATER)
    row = assign(ann, built_in.READER, place, now=NOW, ends_at=LATER)

    with pytest.raises(NotAllowed, match="do not manage reviews and assignments"):
        make_review(keeper, terms_for(row, reviewers=[reviewer]), now=NOW)

    assert not Review.objects.exists()


def test_nor_over_any_place_that_one_does_not_manage(ann, reviewer):
    mine, theirs = make_resource("Mine", now=NOW), make_resource("Theirs", now=NOW)
    below = make_resource("Below", parent=mine, now=NOW)
    keeper = keeper_of(mine)
    rows = [
        assign(ann, built_in.READER, at, now=NOW, ends_at=LATER)
        for at in (mine, below, theirs, make_resource(now=NOW))
    ]

    assert make_review(keeper, terms_for(*rows[:2], reviewers=[reviewer]), now=NOW)
    with pytest.raises(NotAllowed) as refused:
        make_review(keeper, terms_for(*rows, reviewers=[reviewer]), now=NOW)
    assert str(refused.value) == (
        "Your active roles do not manage reviews and assignments on a resource that you do not see."
    )


def test_nor_above_what_one_manages(reviewer):
    top = make_resource("Top", now=NOW)
    keeper = keeper_of(make_resource("Leaf", parent=top, now=NOW))
    scope = Scope(built_in.READER, top.id, includes_below=True)

    with pytest.raises(NotAllowed):
        make_review(keeper, terms_for(reviewers=[reviewer], scopes=(scope,)), now=NOW)


def test_whoever_is_only_eligible_activates_first(row, reviewer):
    person = make_user(now=NOW)
    assign(person, built_in.GLOBAL_ADMINISTRATOR, now=NOW)

    with pytest.raises(NotAllowed):
        make_review(person, terms_for(row, reviewers=[reviewer]), now=NOW)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(uuid4(), DIRECTORY_ID),
        Scope(built_in.GLOBAL_ADMINISTRATOR, uuid4()),
    ],
)
def test_what_is_not_there_is_a_sentence(owner, reviewer, scope):
    with pytest.raises(Invalid, match="does not exist on that resource"):
        make_review(owner, terms_for(reviewers=[reviewer], scopes=(scope,)), now=NOW)


def test_a_role_of_another_provider_is_none_of_that_place(owner, reviewer):
    scope = Scope(built_in.READER, directory().id)

    with pytest.raises(Invalid, match="does not exist on that resource"):
        make_review(owner, terms_for(reviewers=[reviewer], scopes=(scope,)), now=NOW)


def test_a_reviewer_who_is_not_there_is_a_sentence(owner, row, reviewer):
    nobody = replace(stage_of(reviewer), reviewers=(Named(uuid4(), "Nobody"),))

    with pytest.raises(Invalid, match="not there any more"):
        make_review(owner, terms_for(row, stages=(nobody,)), now=NOW)


# ---- Each command asks for the right and for a second factor -----------------------------------------------


def _create(round_, actor):
    create_review(terms=round_.terms, calendar=calendar_from(NOW), actor=actor, now=NOW)


def _change(round_, actor):
    change_review(round_.review_id, terms=round_.terms, calendar=calendar_from(NOW), actor=actor, now=NOW)


def _change_reviewers(round_, actor):
    change_reviewers(round_.pk, reviewers=named(actor.user), fallback=(), actor=actor, now=NOW)


COMMANDS = [
    _create,
    _change,
    _change_reviewers,
    lambda round_, actor: end_review(round_.review_id, actor=actor, now=NOW),
    lambda round_, actor: delete_review(round_.review_id, actor=actor, now=NOW),
    lambda round_, actor: restore_review(round_.review_id, actor=actor, now=NOW),
    lambda round_, actor: take_over(round_.review_id, actor=actor, now=NOW),
    lambda round_, actor: stop_round(round_.pk, actor=actor, now=NOW),
    lambda round_, actor: reset_round(round_.pk, actor=actor, now=NOW),
    lambda round_, actor: remind_reviewers(round_.pk, actor=actor, now=NOW),
    lambda round_, actor: move_end(round_.pk, closes_at=NOW + DAY, actor=actor, now=NOW),
    lambda round_, actor: apply_round(round_.pk, actor=actor, now=NOW),
]


def test_no_command_goes_without_the_right_or_without_a_fresh_factor(round_, other, reviewer):
    events = AuditEvent.objects.count()
    nobody, stale = acting(reviewer, now=NOW), replace(acting(other, now=NOW), second_factor=NO_FACTOR)

    for command in COMMANDS:
        with pytest.raises(NotAllowed) as without_right:
            command(round_, nobody)
        with pytest.raises(NotAllowed) as without_factor:
            command(round_, stale)
        assert without_right.value.rules == ("AdminRequestRule",)
        assert "MfaRule" in without_factor.value.rules

    assert AuditEvent.objects.count() == events


def test_whoever_keeps_what_a_review_was_narrowed_to_does_not_end_what_runs_elsewhere(ann, reviewer):
    mine, theirs = make_resource("Mine", now=NOW), make_resource("Theirs", now=NOW)
    owner, keeper = keeper_of(mine, theirs, name="Olga"), keeper_of(mine)
    rows = [assign(ann, built_in.READER, at, now=NOW, ends_at=LATER) for at in (mine, theirs)]
    round_ = start_review(owner, terms_for(*rows, reviewers=[reviewer]), now=NOW)
    narrowed = terms_for(rows[0], reviewers=[reviewer])
    change_review(
        round_.review_id, terms=narrowed, calendar=calendar_from(NOW), actor=acting(owner, now=NOW), now=NOW
    )

    for command in (delete_review, take_over):
        with pytest.raises(NotAllowed):
            command(round_.review_id, actor=acting(keeper, now=NOW), now=NOW)
    run(now=CLOSED)
    take_over(round_.review_id, actor=acting(keeper, now=CLOSED), now=CLOSED)


# ---- What is written down, and who reads it ----------------------------------------------------------------


def test_what_tells_of_two_places_is_for_whoever_reads_both(ann, reviewer):
    mine, theirs = make_resource("Mine", now=NOW), make_resource("Theirs", now=NOW)
    owner = keeper_of(mine, theirs)
    rows = [assign(ann, built_in.READER, at, now=NOW, ends_at=LATER) for at in (mine, theirs)]
    both, one = (terms_for(*some, reviewers=[reviewer]) for some in (rows, rows[:1]))
    round_ = start_review(owner, both, now=NOW)
    actor = acting(owner, now=NOW)

    change_review(round_.review_id, terms=one, calendar=calendar_from(NOW), actor=actor, now=NOW)
    stop_round(round_.pk, actor=actor, now=NOW)
    end_review(round_.review_id, actor=actor, now=NOW)

    told = dict(AuditEvent.objects.filter(action__startswith="review").values_list("action", "resource_path"))
    assert told[AuditAction.REVIEW_CREATED] == told[AuditAction.REVIEW_CHANGED] == DIRECTORY_PATH
    assert told[AuditAction.ROUND_STARTED] == told[AuditAction.ROUND_STOPPED] == DIRECTORY_PATH
    assert told[AuditAction.REVIEW_ENDED] == mine.path


# ---- Stopping and resetting --------------------------------------------------------------------------------


def test_what_is_stopped_takes_no_more_answers_and_is_applied(owner, reviewer, row, round_):
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)

    stop_round(round_.pk, actor=acting(owner, now=NOW), now=NOW)

    with pytest.raises(NotAllowed, match="closed"):
        say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=NOW)
    run(now=NOW)
    round_.refresh_from_db()
    assert (round_.state, round_.closed_at) == (RoundState.APPLIED, NOW)
    assert not Assignment.objects.not_ended(NOW).filter(pk=row.pk).exists()
    with pytest.raises(NotAllowed, match="This round is over"):
        stop_round(round_.pk, actor=acting(owner, now=NOW), now=NOW)


def test_a_reset_takes_back_what_was_decided_and_the_log_keeps_it(owner, reviewer, row, round_):
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW, reason="Left")

    reset_round(round_.pk, actor=acting(owner, now=NOW), now=NOW)

    assert (Decision.objects.count(), line_of(round_, row).answer) == (0, Answer.NOT_REVIEWED)
    decided = AuditEvent.objects.get(action=AuditAction.LINE_DECIDED)
    assert (decided.actor_name, decided.justification, decided.details["answer"]) == (
        "Rita Reviewer",
        "Left",
        "deny",
    )
    assert AuditEvent.objects.get(action=AuditAction.ROUND_RESET).details["decisions"] == 1
    say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=NOW)
    run(now=CLOSED)
    assert Assignment.objects.not_ended(CLOSED).filter(pk=row.pk).exists()


# ---- Deleting, restoring, ending ---------------------------------------------------------------------------


def test_what_is_deleted_applies_nothing_and_gives_nobody_power(owner, reviewer, row, round_):
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)

    delete_review(round_.review_id, actor=acting(owner, now=NOW), now=NOW)
    run(now=CLOSED)

    round_.refresh_from_db()
    assert round_.state == RoundState.CANCELED
    assert Assignment.objects.not_ended(CLOSED).filter(pk=row.pk).exists()
    assert not ReviewSeat.objects.exists()
    assert not Review.objects.kept().exists()
    with pytest.raises(NotAllowed, match="closed"):
        say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=NOW)
    assert AuditEvent.objects.filter(action=AuditAction.LINE_DECIDED).exists()
    assert AuditEvent.objects.filter(action=AuditAction.REVIEW_DELETED).exists()


def test_what_is_restored_goes_on_with_its_next_round(owner, reviewer, terms):
    calendar = calendar_from(NOW, Frequency.MONTHLY)
    round_ = start_review(owner, terms, now=NOW, calendar=calendar)
    actor = acting(owner, now=NOW)
    delete_review(round_.review_id, actor=actor, now=NOW)

    restore_review(round_.review_id, actor=actor, now=NOW)

    states = list(round_.review.rounds.order_by("number").values_list("state", flat=True))
    assert states == [RoundState.CANCELED, RoundState.NOT_STARTED]
    assert ReviewSeat.objects.filter(principal=reviewer).exists()
    assert AuditEvent.objects.filter(action=AuditAction.REVIEW_RESTORED).exists()


def test_what_waits_to_be_applied_is_not_while_its_review_is_deleted(owner, reviewer, row, terms):
    round_ = start_review(owner, replace(terms, applies_automatically=False), now=NOW)
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)
    run(now=CLOSED)
    actor = acting(owner, now=CLOSED)
    delete_review(round_.review_id, actor=actor, now=CLOSED)

    with pytest.raises(NotAllowed, match="Restore it first"):
        apply_round(round_.pk, actor=actor, now=CLOSED)
    restore_review(round_.review_id, actor=actor, now=CLOSED)
    apply_round(round_.pk, actor=actor, now=CLOSED)
    run(now=CLOSED)

    assert not Assignment.objects.not_ended(CLOSED).filter(pk=row.pk).exists()


def test_what_is_being_applied_is_not_deleted(owner, terms):
    round_ = start_review(owner, replace(terms, applies_automatically=False), now=NOW)
    run(now=CLOSED)
    apply_round(round_.pk, actor=acting(owner, now=CLOSED), now=CLOSED)

    with pytest.raises(Conflict, match="being applied"):
        delete_review(round_.review_id, actor=acting(owner, now=CLOSED), now=CLOSED)


def test_a_series_that_is_ended_finishes_what_runs_and_begins_nothing(owner, reviewer, row, terms):
    round_ = start_review(owner, terms, now=NOW, calendar=calendar_from(NOW, Frequency.MONTHLY))
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)

    end_review(round_.review_id, actor=acting(owner, now=NOW), now=NOW)
    assert ReviewSeat.objects.filter(principal=reviewer).exists()
    run(now=CLOSED)
    run(now=NOW + 90 * DAY)

    assert [each.state for each in round_.review.rounds.all()] == [RoundState.APPLIED]
    assert not ReviewSeat.objects.exists()
    assert not Assignment.objects.not_ended(CLOSED).filter(pk=row.pk).exists()
    with pytest.raises(NotAllowed, match="No further round is planned"):
        end_review(round_.review_id, actor=acting(owner, now=NOW), now=NOW)


def test_another_admin_takes_a_review_over(other, round_):
    take_over(round_.review_id, actor=acting(other, now=NOW), now=NOW)

    assert Review.objects.get().owner == other
    event = AuditEvent.objects.get(action=AuditAction.REVIEW_TAKEN_OVER)
    assert (event.actor_name, event.details["before"]) == ("Otto Other", "Olga Owner")


# ---- While it runs -----------------------------------------------------------------------------------------


def test_reminds_only_those_who_are_not_done(owner, reviewer, ann, ben, row):
    cem = make_user("Cem", now=NOW)
    rows = [row, assign(ben, now=NOW)]
    round_ = start_review(owner, terms_for(*rows, reviewers=[ann, ben, cem]), now=NOW)
    say(line_of(round_, rows[1]), Answer.APPROVE, by=cem, now=NOW)
    Notice.objects.all().delete()

    remind_reviewers(round_.pk, actor=acting(owner, now=NOW), now=NOW)

    told = Notice.objects.filter(event="review_open").values_list("recipient_name", flat=True)
    assert set(told) == {"Ben", "Cem"}  # Ann holds what is left to decide
    assert AuditEvent.objects.get(action=AuditAction.ROUND_REMINDED).details["reviewers"] == 2


def test_other_reviewers_look_at_what_is_not_decided(owner, reviewer, ann, ben, row):
    rows = [row, assign(make_user("Cem", now=NOW), now=NOW)]
    round_ = start_review(owner, terms_for(*rows, reviewers=[reviewer]), now=NOW)
    say(line_of(round_, rows[0]), Answer.DENY, by=reviewer, now=NOW)

    change_reviewers(
        round_.pk, reviewers=named(ben), fallback=named(ann), actor=acting(owner, now=NOW), now=NOW
    )

    with pytest.raises(NotAllowed, match="not yours to review"):
        say(line_of(round_, rows[1]), Answer.DENY, by=reviewer, now=NOW)
    say(line_of(round_, rows[1]), Answer.DENY, by=ben, now=NOW)
    assert line_of(round_, rows[0]).answer == Answer.DENY
    assert ReviewSeat.objects.filter(principal__in=[ben, ann]).count() == 2
    event = AuditEvent.objects.get(action=AuditAction.ROUND_CHANGED)
    assert (event.details["reviewers"], event.details["fallback"]) == (["Ben"], ["Ann"])


def test_a_fallback_stays(owner, reviewer, fallback, row):
    round_ = start_review(owner, terms_for(row, stages=(stage_of(reviewer, fallback=[fallback]),)), now=NOW)

    with pytest.raises(Invalid, match="Fay Fallback stays"):
        change_reviewers(
            round_.pk, reviewers=named(reviewer), fallback=(), actor=acting(owner, now=NOW), now=NOW
        )


def test_the_end_is_moved_and_the_last_day_is_told_of_again(owner, reviewer, round_):
    run(now=CLOSED - DAY)
    told = Notice.objects.filter(recipient_id=reviewer.id, subject__startswith="PIM: Last day")
    assert told.count() == 1
    on_that_day = CLOSED - DAY + timedelta(hours=1)

    move_end(round_.pk, closes_at=CLOSED + 6 * DAY, actor=acting(owner, now=on_that_day), now=on_that_day)
    run(now=on_that_day)
    assert told.count() == 1
    run(now=CLOSED + 5 * DAY)

    assert told.count() == 2
    round_.refresh_from_db()
    assert (round_.state, round_.stage_closes_at) == (RoundState.IN_PROGRESS, CLOSED + 6 * DAY)
    assert AuditEvent.objects.get(action=AuditAction.ROUND_CHANGED).details["before"] == CLOSED.isoformat()


def test_the_end_lies_ahead_and_before_the_next_round(owner, terms):
    round_ = start_review(owner, terms, now=NOW, calendar=calendar_from(NOW, Frequency.MONTHLY))
    actor = acting(owner, now=NOW)

    for closes_at, why in ((NOW, "lies ahead"), (NOW + 31 * DAY, "before the next round")):
        with pytest.raises(Invalid, match=why):
            move_end(round_.pk, closes_at=closes_at, actor=actor, now=NOW)
