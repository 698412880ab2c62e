"""The pages of a round for those who administer its review."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Conflict, NotAllowed
from apps.notifications.models import Notice
from apps.reviews.models import Round
from apps.reviews.services.keeping import note_handled, stop_round, stop_stage
from apps.reviews.states import Answer, ApplyResult, RoundState
from apps.roles import built_in
from tests.access_requests.pages import code_of, text_of
from tests.factories import acting, assign, make_active, make_resource, make_user
from tests.reviews.making import line_of, run, say, stage_of, start_review, terms_for

pytestmark = pytest.mark.django_db

TABS = ("round", "results", "reviewers", "round_settings", "rounds", "round_audit")


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def reviewer(now):
    return make_user("Rita Reviewer", now=now)


@pytest.fixture
def rows(now):
    return [assign(make_user(name, now=now), now=now) for name in ("Ann", "Ben", "Cem")]


@pytest.fixture
def round_(administrator, reviewer, rows, now):
    """Ann is approved, Ben denied, and nobody has looked at Cem; nothing is applied by itself."""
    terms = terms_for(*rows, reviewers=[reviewer], applies_automatically=False)
    round_ = start_review(administrator, terms, now=now)
    say(line_of(round_, rows[0]), Answer.APPROVE, by=reviewer, now=now)
    say(line_of(round_, rows[1]), Answer.DENY, by=reviewer, now=now, reason="Left the team")
    return round_


@pytest.fixture
def admin(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def tree(now):
    return make_resource("Tree", now=now)


@pytest.fixture
def keeper(tree, now):
    """Keeps the tree, and nothing of the directory."""
    user = make_user("Kim Keeper", now=now)
    ends_at = now + timedelta(days=30)
    make_active(user, built_in.RESOURCE_OWNER, tree, now=now, ends_at=ends_at)
    return user


@pytest.fixture
def wide(administrator, reviewer, rows, tree, now):
    """About the directory, and about a tree, where only Zoe has something."""
    zoe = assign(
        make_user("Zoe", now=now),
        built_in.RESOURCE_OWNER,
        tree,
        now=now,
        ends_at=now + timedelta(days=30),
    )
    terms = terms_for(*rows, zoe, reviewers=[reviewer], includes_active=False)
    return start_review(administrator, terms, now=now)


def url(name, row):
    return reverse(f"reviews:{name}", args=[row.pk])


def send(client, name, round_, administrator, **values):
    return client.post(url(name, round_), {"code": code_of(administrator), **values})


# ---- What is shown -----------------------------------------------------------------------------------------


def test_shows_how_far_it_is(admin, round_):
    page = text_of(admin.get(url("round", round_)))

    assert "2 of 3 decided" in page
    assert 'aria-label="Approved: 1, Denied: 1, Don’t know: 0, Not reviewed: 1"' in page
    assert "Rita Reviewer" in page


def test_shows_what_was_said_of_each_line(admin, round_):
    page = text_of(admin.get(url("results", round_), {"only": "deny"}))

    assert "Left the team" in page
    assert "Ben" in page
    assert "Cem" not in page


def test_shows_what_stands_out_about_a_reviewer(admin, administrator, reviewer, now):
    rows = [assign(make_user(now=now), now=now) for _ in range(5)]
    round_ = start_review(administrator, terms_for(*rows, reviewers=[reviewer]), now=now)
    for number, row in enumerate(rows):
        say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=now + timedelta(seconds=number))

    page = text_of(admin.get(url("reviewers", round_)))

    assert "Approved all 5 lines." in page
    assert "1 second per line." in page


def test_the_log_of_a_round_has_its_decisions(admin, round_):
    page = text_of(admin.get(url("round_audit", round_)))

    assert "Rita Reviewer reviewed Teams Administrator" in page
    assert "Alma Admin created the access review Privileged roles." in page


def test_whoever_keeps_a_part_sees_its_lines_and_numbers(client, wide, keeper):
    client.force_login(keeper)
    results = text_of(client.get(url("results", wide)))
    overview = text_of(client.get(url("round", wide)))
    settings = text_of(client.get(url("round_settings", wide)))

    assert "Zoe" in results
    assert "Ann" not in results
    assert "0 of 1 decided" in overview
    assert "Teams Administrator" not in overview + settings


@pytest.mark.parametrize("name", TABS)
def test_asks_as_often_for_many_lines_as_for_few(admin, administrator, reviewer, now, name):
    def queries(count):
        rows = [assign(make_user(now=now), built_in.SECURITY_READER, now=now) for _ in range(count)]
        terms = terms_for(*rows, stages=(stage_of(who="holders", fallback=[reviewer]),), sends_mails=False)
        round_ = start_review(administrator, terms, now=now)
        with CaptureQueriesContext(connection) as asked:
            assert admin.get(url(name, round_)).status_code == 200
        return len(asked)

    queries(2)  # warms what is asked for once

    assert queries(2) == queries(12)


def test_asks_again_until_the_worker_is_done(admin, administrator, round_, now):
    stop_round(round_.pk, actor=acting(administrator, now=now), now=now)
    asking = {"HX-Request": "true"}

    before = admin.get(url("round", round_), headers=asking)
    run(now=now)
    after = admin.get(url("round", round_), headers=asking)

    assert "Each line gets its outcome." in text_of(before)
    assert after.headers["HX-Refresh"] == "true"


# ---- What is done ------------------------------------------------------------------------------------------


def test_stops_then_applies_by_hand_then_shows_what_came_of_it(admin, administrator, round_, rows, now):
    send(admin, "stop_round", round_, administrator)
    run(now=now)
    assert '<span class="strong num">1</span> assignment is removed.' in text_of(
        admin.get(url("apply_round", round_))
    )

    admin.post(url("apply_round", round_))
    run(now=now)

    rows[1].refresh_from_db()
    assert rows[1].ended_how == Assignment.End.REMOVED
    page = text_of(admin.get(url("results", round_), {"only": "applied"}))
    assert "Ben" in page
    assert "by Alma Admin" in page


def test_the_second_who_stops_is_told(admin, administrator, round_, now):
    stop_round(round_.pk, actor=acting(administrator, now=now), now=now)

    answer = send(admin, "stop_round", round_, administrator)

    assert answer.status_code == 403
    assert AuditEvent.objects.filter(action=AuditAction.ROUND_STOPPED).count() == 1


@pytest.mark.parametrize("name", ["remind", "reset_round", "stop_round", "move_end", "change_reviewers"])
def test_asks_for_a_second_factor(admin, administrator, round_, name):
    answer = admin.post(url(name, round_), {"ends_on": "2030-01-01"})

    assert answer.status_code == 400
    assert Round.objects.get(pk=round_.pk).state == RoundState.IN_PROGRESS


def test_reminds_who_is_not_done(admin, administrator, reviewer, round_):
    send(admin, "remind", round_, administrator)

    told = Notice.objects.filter(recipient_id=reviewer.pk, event="review_open")
    assert told.count() == 2
    assert AuditEvent.objects.filter(action=AuditAction.ROUND_REMINDED).exists()


@pytest.mark.parametrize("ends_on", ["", "tomorrow", "0001-01-01", "9999-12-31", "2020-01-01"])
def test_moves_the_end_to_a_day_that_lies_ahead_only(admin, administrator, round_, ends_on):
    answer = send(admin, "move_end", round_, administrator, ends_on=ends_on)

    assert answer.status_code == 400


def test_moves_the_end(admin, administrator, round_):
    later = round_.stage_closes_at + timedelta(days=3)

    send(admin, "move_end", round_, administrator, ends_on=f"{later:%Y-%m-%d}")

    round_.refresh_from_db()
    assert round_.stage_closes_at == later.replace(microsecond=0)


def test_changes_who_reviews_what_is_left(admin, administrator, round_, rows, approver, now):
    send(admin, "change_reviewers", round_, administrator, reviewers=[str(approver.pk)])

    say(line_of(round_, rows[2]), Answer.DENY, by=approver, now=now)
    round_.refresh_from_db()
    assert [each.id for each in round_.terms.stage(1).reviewers] == [approver.pk]


def test_a_stopped_stage_goes_on_to_the_next_one_which_has_all_of_its_days(
    administrator, reviewer, approver, rows, now
):
    stages = (stage_of(reviewer, days=9), stage_of(approver, days=3))
    terms = terms_for(*rows, stages=stages, proceeds=(Answer.DENY,))
    round_ = start_review(administrator, terms, now=now)
    say(line_of(round_, rows[0]), Answer.DENY, by=reviewer, now=now)
    actor = acting(administrator, now=now)

    stop_stage(round_.pk, actor=actor, now=now)
    run(now=now)

    round_.refresh_from_db()
    assert (round_.stage, round_.state) == (2, RoundState.IN_PROGRESS)
    assert round_.stage_closes_at == now + timedelta(days=3)
    assert AuditEvent.objects.filter(action=AuditAction.STAGE_STOPPED).exists()
    with pytest.raises(NotAllowed, match="last stage"):
        stop_stage(round_.pk, actor=actor, now=now)


# ---- To do by hand -----------------------------------------------------------------------------------------


@pytest.fixture
def left(wide):
    """What Zoe holds was denied, and could not be removed."""
    item = wide.items.get(holder_name="Zoe")
    item.outcome, item.apply_result, item.applied_at = "remove", ApplyResult.NOT_SUPPORTED, wide.opened_at
    item.apply_reason = "Its target system has to be asked."
    item.save()
    return item


def test_whoever_manages_the_place_notes_what_was_done_by_hand(client, keeper, left):
    client.force_login(keeper)
    assert "Its target system has to be asked." in text_of(client.get(reverse("reviews:by_hand")))

    client.post(url("note_handled", left), {"code": code_of(keeper), "note": "Removed in the console."})

    left.refresh_from_db()
    assert left.handled_by == "Kim Keeper"
    assert AuditEvent.objects.get(action=AuditAction.LINE_HANDLED).justification == "Removed in the console."
    assert "Nothing to do by hand" in text_of(client.get(reverse("reviews:by_hand")))


@pytest.mark.parametrize("note", ["", " \u200b "])
def test_wants_to_know_what_was_done(client, keeper, left, note):
    client.force_login(keeper)

    answer = client.post(url("note_handled", left), {"code": code_of(keeper), "note": note})

    assert answer.status_code == 400


def test_notes_it_once(administrator, left, now):
    actor = acting(administrator, now=now)
    note_handled(left.pk, note="Done", actor=actor, now=now)

    with pytest.raises(Conflict):
        note_handled(left.pk, note="Done", actor=actor, now=now)


def test_readers_see_what_is_left_and_note_nothing(client, auditor, round_):
    round_.items.update(outcome="remove", apply_result=ApplyResult.FAILED, applied_at=round_.opened_at)
    client.force_login(auditor)

    page = text_of(client.get(reverse("reviews:by_hand")))

    assert "Your active roles do not manage reviews and assignments" in page
