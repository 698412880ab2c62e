"""What leaves access reviews as CSV: the results of a round, and those of a period."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.reviews.models import Item, Review
from apps.reviews.result_file import COLUMNS
from apps.reviews.services.applying import apply_round
from apps.reviews.services.keeping import delete_review, stop_round
from apps.reviews.states import Answer, ApplyResult, NoAnswer
from apps.roles import built_in
from tests.factories import acting, assign, make_active, make_group, make_resource, make_user
from tests.reviews.making import line_of, make_review, run, say, stage_of, start_review, terms_for

pytestmark = pytest.mark.django_db

HISTORY, EXPORT_HISTORY = reverse("reviews:history"), reverse("reviews:export_history")


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def owner(administrator):
    return administrator


@pytest.fixture
def reviewer(now):
    return make_user("Rita Reviewer", now=now)


@pytest.fixture
def place(now):
    return make_resource("Production", now=now)


@pytest.fixture
def rows(place, now):
    """One of the directory, and one of a resource."""
    year = now + timedelta(days=365)
    keeper = assign(make_user("Ben", now=now), built_in.RESOURCE_OWNER, place, now=now, ends_at=year)
    return [assign(make_user("Ann", now=now), now=now), keeper]


@pytest.fixture
def running(owner, reviewer, rows, now):
    return start_review(owner, terms_for(*rows, reviewers=[reviewer]), now=now)


@pytest.fixture
def take(client):
    """The lines of a file as somebody gets it, column by column."""

    def took(person, address, **sent):
        client.force_login(person)
        response = client.post(address, sent)
        assert response.status_code == 200
        return read(response)

    return took


def read(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    head, *lines = csv.reader(StringIO(text))
    assert tuple(head) == COLUMNS
    return [dict(zip(head, cells, strict=True)) for cells in lines]


def of_round(round_):
    return reverse("reviews:export_round", args=[round_.pk])


# ---- The results of a round --------------------------------------------------------------------------------


def test_holds_what_a_line_was_and_became_in_entras_words(take, owner, reviewer, rows, now):
    terms = terms_for(rows[1], reviewers=[reviewer], applies_automatically=False)
    round_ = start_review(owner, terms, now=now)
    item = say(line_of(round_, rows[1]), Answer.DENY, by=reviewer, now=now, reason="Left the team")
    stop_round(round_.id, actor=acting(owner, now=now), now=now)
    run(now=now)
    apply_round(round_.id, actor=acting(owner, now=now), now=now)
    run(now=now)

    [line] = take(owner, of_round(round_))

    instant = now.isoformat()
    assert line == {
        "AccessReviewId": str(round_.id),
        "AccessReviewSeriesId": str(round_.review_id),
        "ReviewType": "Resource role",
        "ResourceDisplayName": "Owner on Production, eligible",
        "ResourceId": f"{rows[1].resource_id}/{rows[1].role_id}",
        "ReviewName": "Privileged roles",
        "CreatedDateTime": instant,
        "ReviewStartDate": instant,
        "ReviewEndDate": instant,
        "ReviewStatus": "Applied",
        "OwnerId": str(owner.id),
        "OwnerName": "Alma Admin",
        "OwnerUPN": "alma.admin@example.com",
        "PrincipalId": str(item.principal_id),
        "PrincipalName": "Ben",
        "PrincipalUPN": "ben@example.com",
        "PrincipalType": "User",
        "ReviewDate": instant,
        "ReviewResult": "Deny",
        "Justification": "Left the team",
        "ReviewerId": str(reviewer.id),
        "ReviewerName": "Rita Reviewer",
        "ReviewerUPN": "rita.reviewer@example.com",
        "ReviewerEmailAddress": "rita.reviewer@example.com",
        "AppliedByName": "Alma Admin",
        "AppliedByUPN": "alma.admin@example.com",
        "AppliedByEmailAddress": "alma.admin@example.com",
        "AppliedDate": instant,
        "AccessRecommendation": "NoInfoAvailable",
        "SubmissionResult": "AppliedSuccessfully",
    }


def test_is_there_while_the_round_runs(take, owner, reviewer, rows, running, now):
    say(line_of(running, rows[0]), Answer.DONT_KNOW, by=reviewer, now=now)
    Item.objects.filter(holder_name="Ann").update(recommendation="deny")

    ann, ben = take(owner, of_round(running))

    assert (ann["ReviewStatus"], ann["ReviewResult"]) == ("InProgress", "DontKnow")
    assert ann["AccessRecommendation"] == "Deny"
    assert (ben["ReviewResult"], ben["ReviewDate"], ben["ReviewerName"]) == ("NotReviewed", "", "")
    assert (ben["AppliedByName"], ben["AppliedDate"], ben["SubmissionResult"]) == ("", "", "")
    assert ann["ReviewEndDate"] == (now + timedelta(days=14)).isoformat()


def test_says_what_silence_did_and_that_the_review_applied_it_by_itself(take, owner, reviewer, rows, now):
    terms = terms_for(rows[0], reviewers=[reviewer], no_answer=NoAnswer.REMOVE)
    round_ = start_review(owner, terms, now=now)
    run(now=now + timedelta(days=14))

    [line] = take(owner, of_round(round_))

    assert (line["ReviewResult"], line["ReviewerName"]) == ("NotReviewed", "")
    assert line["Justification"] == "Nobody answered: access is removed."
    assert line["AppliedByName"] == "Access review Privileged roles"
    assert line["AppliedByUPN"] == ""
    assert line["SubmissionResult"] == "AppliedSuccessfully"


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (ApplyResult.NOT_FOUND, "AppliedSuccessfullyButObjectNotFound"),
        (ApplyResult.NOT_SUPPORTED, "ApplyNotSupported"),
        (ApplyResult.FAILED, "AppliedWithUnknownFailure"),
    ],
)
def test_says_what_could_not_be_applied(take, owner, running, now, result, words):
    lines = Item.objects.filter(round=running, holder_name="Ann")
    lines.update(answer=Answer.DENY, outcome="remove", apply_result=result, applied_at=now)

    assert take(owner, of_round(running))[0]["SubmissionResult"] == words


def test_says_what_is_still_to_be_applied(take, owner, running):
    Item.objects.filter(round=running, holder_name="Ann").update(outcome="remove", apply_result="new")

    assert take(owner, of_round(running))[0]["SubmissionResult"] == "New"


def test_counts_the_answer_of_the_stage_that_a_line_is_in(take, owner, reviewer, rows, now):
    second = make_user("Sue Second", now=now)
    stages = (stage_of(reviewer), stage_of(second))
    terms = terms_for(rows[0], stages=stages, proceeds=(Answer.APPROVE,))
    round_ = start_review(owner, terms, now=now)
    say(line_of(round_, rows[0]), Answer.APPROVE, by=reviewer, now=now)
    later = now + timedelta(days=14)
    run(now=later)

    [before] = take(owner, of_round(round_))
    say(line_of(round_, rows[0]), Answer.DENY, by=second, now=later)
    [after] = take(owner, of_round(round_))

    assert (before["ReviewResult"], before["ReviewerName"]) == ("NotReviewed", "")
    assert (after["ReviewResult"], after["ReviewerName"]) == ("Deny", "Sue Second")


def test_names_groups(take, owner, reviewer, now):
    group = make_group("Operators", now=now, is_role_assignable=True)
    row = assign(group, now=now)
    round_ = start_review(owner, terms_for(row, reviewers=[reviewer]), now=now)

    [line] = take(owner, of_round(round_))

    assert (line["PrincipalType"], line["PrincipalName"], line["PrincipalUPN"]) == ("Group", "Operators", "")
    assert line["ReviewType"] == "Directory role"


def test_computes_nothing_in_a_spreadsheet(take, owner, reviewer, rows, running, now):
    Review.objects.update(name="=HYPERLINK(1)")
    say(line_of(running, rows[0]), Answer.APPROVE, by=reviewer, now=now, reason="+1;=2\n@x")

    ann, _ben = take(owner, of_round(running))

    assert ann["ReviewName"] == "'=HYPERLINK(1)"
    assert ann["Justification"] == "'+1;'=2\n'@x"


def test_is_named_by_the_day_and_not_by_what_people_wrote(client, owner, running):
    client.force_login(owner)

    response = client.post(of_round(running))

    assert response["Content-Disposition"].startswith('attachment; filename="access-review-results-20')
    assert response["Content-Type"] == "text/csv; charset=utf-8"


def test_is_written_down(take, owner, running):
    take(owner, of_round(running))

    event = AuditEvent.objects.get(action=AuditAction.REVIEWS_EXPORTED)
    assert event.sentence == "Alma Admin exported results of the access review Privileged roles."
    assert event.details == {"round": str(running.id), "number": 1}


def test_holds_only_the_lines_that_its_reader_sees(take, auditor, place, running, now):
    keeper = make_user("Kai Keeper", now=now)
    make_active(keeper, built_in.RESOURCE_OWNER, place, now=now, ends_at=now + timedelta(days=9))

    assert [line["PrincipalName"] for line in take(auditor, of_round(running))] == ["Ann"]
    assert [line["PrincipalName"] for line in take(keeper, of_round(running))] == ["Ben"]


def test_is_not_there_for_whoever_sees_no_reviews(client, reviewer, running):
    client.force_login(reviewer)

    assert client.post(of_round(running)).status_code == 404
    assert not AuditEvent.objects.filter(action=AuditAction.REVIEWS_EXPORTED).exists()


def test_is_refused_before_the_round_has_begun(client, owner, reviewer, rows, now):
    review = make_review(owner, terms_for(*rows, reviewers=[reviewer]), now=now)
    client.force_login(owner)

    response = client.post(of_round(review.rounds.get()))

    assert response.status_code == 403
    assert "It has not begun" in response.content.decode()


def test_takes_the_same_queries_for_many_lines(owner, reviewer, now):
    rows = [assign(make_user(now=now), now=now) for _ in range(2)]
    few = queries_of_file(owner, reviewer, rows, now=now)
    rows += [assign(make_user(now=now), now=now) for _ in range(18)]

    assert queries_of_file(owner, reviewer, rows, now=now) == few


def queries_of_file(owner, reviewer, rows, *, now):
    round_ = start_review(owner, terms_for(*rows, reviewers=[reviewer]), now=now)
    for row in rows:
        say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=now)
    client = Client()
    client.force_login(owner)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(read(client.post(of_round(round_)))) == len(rows)
    return len(queries)


# ---- The results of a period -------------------------------------------------------------------------------


@pytest.fixture
def two(owner, reviewer, rows, now):
    """A round that began 40 days ago, and one of another review that began now."""
    past = now - timedelta(days=40)
    old = make_active(make_user("Old", now=past), built_in.SECURITY_READER, now=past)
    early = make_user("Early Admin", now=past)
    make_active(early, built_in.GLOBAL_ADMINISTRATOR, now=past)
    first = start_review(early, terms_for(old, reviewers=[reviewer], name="First"), now=past)
    return first, start_review(owner, terms_for(*rows, reviewers=[reviewer], name="Second"), now=now)


def names(lines):
    return [line["PrincipalName"] for line in lines]


def test_holds_the_lines_of_all_rounds_in_their_order(take, owner, two):
    lines = take(owner, EXPORT_HISTORY)

    assert [(line["ReviewName"], line["PrincipalName"]) for line in lines] == [
        ("First", "Old"),
        ("Second", "Ann"),
        ("Second", "Ben"),
    ]


def test_holds_the_rounds_that_started_in_the_period(take, owner, two, now):
    month_ago = str((now - timedelta(days=30)).date())

    assert names(take(owner, EXPORT_HISTORY, since=month_ago)) == ["Ann", "Ben"]
    assert names(take(owner, EXPORT_HISTORY, until=month_ago)) == ["Old"]


def test_holds_what_was_chosen(take, owner, reviewer, rows, two, now):
    first, second = two
    say(line_of(second, rows[1]), Answer.DENY, by=reviewer, now=now)

    assert names(take(owner, EXPORT_HISTORY, providers=["resources"])) == ["Ben"]
    assert names(take(owner, EXPORT_HISTORY, providers=["resources", "directory"])) == ["Old", "Ann", "Ben"]
    assert names(take(owner, EXPORT_HISTORY, answers=["deny"])) == ["Ben"]
    assert names(take(owner, EXPORT_HISTORY, reviews=[first.review_id])) == ["Old"]


def test_leaves_out_what_was_deleted(take, owner, two, now):
    delete_review(two[1].review_id, actor=acting(owner, now=now), now=now)

    assert names(take(owner, EXPORT_HISTORY)) == ["Old"]


def test_holds_of_all_rounds_only_what_its_reader_sees(take, auditor, two):
    assert names(take(auditor, EXPORT_HISTORY)) == ["Old", "Ann"]


def test_is_written_down_with_what_was_chosen(take, owner, two):
    take(owner, EXPORT_HISTORY, providers=["groups"])

    event = AuditEvent.objects.get(action=AuditAction.REVIEW_HISTORY_EXPORTED)
    assert event.sentence == "Alma Admin exported the history of access reviews."
    assert event.details == {"selection": {"providers": ["groups"]}}


def test_the_page_says_how_long_the_file_will_be_and_changes_nothing(client, owner, two):
    client.force_login(owner)
    before = AuditEvent.objects.count()

    page = client.get(HISTORY, {"answers": "not_reviewed", "providers": ["directory", "resources"]})

    assert "3 lines of 2 rounds" in page.content.decode()
    assert AuditEvent.objects.count() == before


def test_the_page_sends_along_what_was_chosen(client, owner, two):
    client.force_login(owner)

    page = client.get(HISTORY, {"since": "2026-01-01", "providers": ["directory", "groups"]}).content.decode()

    for name, value in (("since", "2026-01-01"), ("providers", "directory"), ("providers", "groups")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page


def test_the_page_offers_no_empty_file(client, owner, two):
    client.force_login(owner)

    page = client.get(HISTORY, {"providers": "groups"}).content.decode()

    assert "No such line" in page
    assert EXPORT_HISTORY not in page


def test_the_page_names_no_review_that_its_reader_does_not_see(client, auditor, reviewer, owner, rows, now):
    start_review(owner, terms_for(rows[1], reviewers=[reviewer], name="Hidden"), now=now)
    client.force_login(auditor)

    assert "Hidden" not in client.get(HISTORY).content.decode()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"since": "2026-03-25", "until": "2026-03-24"}, "The last day lies before the first."),
        ({"since": "\x00"}, "Enter a valid date."),
        ({"providers": "moon"}, "Select a valid choice."),
        ({"reviews": "moon"}, "is not a valid UUID"),
        ({"reviews": "00000000-0000-4000-8000-000000000000"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_taken(client, owner, sent, sentence):
    client.force_login(owner)

    for answer in (client.get(HISTORY, sent), client.post(EXPORT_HISTORY, sent)):
        assert answer.status_code == 400
        assert sentence in answer.content.decode()
    assert not AuditEvent.objects.filter(action=AuditAction.REVIEW_HISTORY_EXPORTED).exists()


def test_is_not_open_to_whoever_sees_no_reviews(client, reviewer):
    client.force_login(reviewer)

    assert client.get(HISTORY).status_code == 403
    assert client.post(EXPORT_HISTORY).status_code == 403


# ---- The buttons -------------------------------------------------------------------------------------------


def test_a_round_offers_its_files_once_it_has_begun(client, owner, reviewer, rows, running, now):
    client.force_login(owner)
    coming = make_review(owner, terms_for(*rows, reviewers=[reviewer]), now=now).rounds.get()

    assert of_round(running) in client.get(reverse("reviews:results", args=[running.pk])).content.decode()
    before = client.get(reverse("reviews:results", args=[coming.pk])).content.decode()
    assert of_round(coming) not in before
    assert "It has not begun: there is nothing to export." in before
