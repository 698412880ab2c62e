"""The evidence pack of a round."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import timedelta
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.reviews.models import Item, Review
from apps.reviews.services.keeping import note_handled, stop_round
from apps.reviews.states import Answer, ApplyResult
from apps.roles import built_in
from tests.factories import acting, assign, join, make_group, make_resource, make_user
from tests.reviews.making import line_of, make_review, run, say, start_review, terms_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_door")]

FILES = [
    *("settings.json", "lines.csv", "people.csv", "decisions.csv", "results.csv", "applied.csv"),
    *("audit.csv", "report.html", "MANIFEST"),
]
HOSTILE = '=1+1"><script>alert(1)</script>../../etc/passwd'


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
    """A person of the directory, a group of it, and a person of a resource."""
    group = make_group("Operators", now=now, is_role_assignable=True)
    join(make_user("Gus", now=now), group, now=now)
    year = now + timedelta(days=365)
    return [
        assign(make_user("Ann", now=now), now=now),
        assign(group, now=now),
        assign(make_user("Ben", now=now), built_in.RESOURCE_OWNER, place, now=now, ends_at=year),
    ]


@pytest.fixture
def running(owner, reviewer, rows, now):
    return start_review(owner, terms_for(*rows, reviewers=[reviewer]), now=now)


@pytest.fixture
def over(owner, reviewer, rows, running, now):
    """Ann was approved, then denied; Ben was denied; of the group nobody said anything."""
    say(line_of(running, rows[0]), Answer.APPROVE, by=reviewer, now=now, reason="At first")
    end = now + timedelta(seconds=1)
    say(line_of(running, rows[0]), Answer.DENY, by=reviewer, now=end, reason="On second thoughts")
    say(line_of(running, rows[2]), Answer.DENY, by=reviewer, now=end, reason="Left the team")
    stop_round(running.id, actor=acting(owner, now=end), now=end)
    run(now=end)
    running.refresh_from_db()
    return running


def of_round(round_):
    return reverse("reviews:export_evidence", args=[round_.pk])


def taken(person, round_):
    """The pack as this person gets it."""
    client = Client()
    client.force_login(person)
    response = client.post(of_round(round_))
    assert response.status_code == 200
    return ZipFile(BytesIO(response.getvalue()))


def table(pack, name):
    with pack.open(name) as file:
        return list(csv.DictReader(StringIO(file.read().decode("utf-8-sig"))))


def text(pack, name):
    return pack.read(name).decode()


def column(pack, name, of):
    return [line[of] for line in table(pack, name)]


def test_is_a_zip_of_these_files_in_this_order(owner, over):
    pack = taken(owner, over)

    assert pack.namelist() == FILES
    assert pack.testzip() is None


def test_its_manifest_has_the_digest_of_every_file_and_says_who_made_it_and_when(owner, over):
    pack = taken(owner, over)

    lines = text(pack, "MANIFEST").splitlines()
    listed = dict(reversed(line.split("  ")) for line in lines if not line.startswith("#"))
    assert listed == {name: hashlib.sha256(pack.read(name)).hexdigest() for name in FILES[:-1]}
    said = [line for line in lines if line.startswith("#")]
    assert "Evidence of the access review Privileged roles, round 1" in said[0]
    assert "Made by Alma Admin (alma.admin@example.com) at 20" in said[2]
    assert said[3] == "# It holds 3 lines: all of the round."


def test_holds_the_settings_of_the_round_and_of_the_series(owner, over):
    settings = json.loads(text(taken(owner, over), "settings.json"))

    assert settings["review"]["owner"]["email"] == "alma.admin@example.com"
    assert settings["review"]["frequency"] == "once"
    assert settings["round"]["state"] == "applied"
    assert settings["round"]["terms"]["stages"][0]["reviewers"][0]["name"] == "Rita Reviewer"
    assert settings["review"]["terms"]["name"] == settings["round"]["terms"]["name"] == "Privileged roles"


def test_holds_the_evidence_as_it_was_frozen(owner, over):
    Item.objects.filter(holder_name="Ann").update(activations=7, usual_minutes=90, decided_requests=2)

    ann, ben, group = table(taken(owner, over), "lines.csv")

    assert (ann["Holder"], ann["Activations in 90 days"], ann["Usual minutes"]) == ("Ann", "7", "90")
    assert (ann["Decided requests in 90 days"], ann["Recommendation"]) == ("2", "No recommendation")
    assert ann["Why recommended"] == Item.objects.get(holder_name="Ann").recommendation_reason
    assert (ann["Answer"], ann["Outcome"]) == ("Denied", "Loses access")
    assert (ben["Provider"], ben["Resource"]) == ("Resources", "Production")
    assert (group["Holder type"], group["People"], group["Answer"]) == ("group", "1", "Not reviewed")
    assert group["Why without an answer"] == "Nobody answered: no change."


def test_holds_the_people_of_groups(owner, over):
    [gus] = table(taken(owner, over), "people.csv")

    assert (gus["Group"], gus["Person"], gus["Address"]) == ("Operators", "Gus", "gus@example.com")
    assert (gus["Enabled"], gus["Member now"]) == ("Yes", "Yes")
    assert gus["Line"] == str(Item.objects.get(holder_name="Operators").pk)


def test_holds_who_decided_what_when_and_why(owner, over, now):
    ann, _ben = table(taken(owner, over), "decisions.csv")

    assert (ann["Holder"], ann["Stage"], ann["Answer"], ann["Version"]) == ("Ann", "1", "Denied", "2")
    assert (ann["Reason"], ann["Decided by"]) == ("On second thoughts", "Rita Reviewer")
    assert (ann["Decided (UTC)"], ann["Own"]) == ((now + timedelta(seconds=1)).isoformat(), "No")


def test_holds_the_same_results_as_their_own_file(owner, over):
    assert column(taken(owner, over), "results.csv", "ReviewResult") == ["Deny", "Deny", "NotReviewed"]


def test_holds_what_was_applied_and_what_somebody_did_by_hand(owner, over, now):
    ben = Item.objects.filter(holder_name="Ben")
    ben.update(apply_result=ApplyResult.NOT_SUPPORTED, apply_reason="Remove it by hand, then note it here.")
    note_handled(ben.get().pk, note="Done", actor=acting(owner, now=now), now=now)

    ann, ben = table(taken(owner, over), "applied.csv")

    assert (ann["Apply result"], ann["Applied by"]) == ("Applied", "Access review Privileged roles")
    assert (ben["Apply result"], ben["Done by"]) == ("To do by hand", "Alma Admin")
    assert ben["Done by hand (UTC)"] == now.isoformat()


def test_holds_what_happened_from_the_creation_to_the_removal(owner, over):
    pack = taken(owner, over)

    happened = column(pack, "audit.csv", "Event")
    for action in (
        *(AuditAction.REVIEW_CREATED, AuditAction.ROUND_STARTED, AuditAction.ROUND_STOPPED),
        *(AuditAction.ROUND_COMPLETED, AuditAction.ROUND_APPLIED, AuditAction.EVIDENCE_EXPORTED),
    ):
        assert happened.count(action) == 1
    decided = [line for line in table(pack, "audit.csv") if line["Event"] == AuditAction.LINE_DECIDED]
    said = [(line["Target"], line["Answer"], line["Reason"]) for line in decided]
    assert said[0] == ("Ann", "Approved", "At first")
    assert set(said[1:]) == {("Ann", "Denied", "On second thoughts"), ("Ben", "Denied", "Left the team")}
    removed = [line for line in table(pack, "audit.csv") if line["Event"] == AuditAction.ASSIGNMENT_ENDED]
    assert {(line["Actor"], line["Target"]) for line in removed} == {
        ("Privileged roles", "Ann"),
        ("Privileged roles", "Ben"),
    }


def test_holds_nothing_of_other_reviews(owner, reviewer, rows, over, now):
    other = start_review(owner, terms_for(*rows[:2], reviewers=[reviewer], name="Other"), now=now)
    say(line_of(other, rows[1]), Answer.APPROVE, by=reviewer, now=now, reason="Elsewhere")

    pack = taken(owner, over)

    assert "Elsewhere" not in text(pack, "audit.csv")
    assert "Other" not in text(pack, "audit.csv")


def test_its_page_to_print_needs_nothing_but_itself(owner, over):
    page = text(taken(owner, over), "report.html")

    assert "src=" not in page
    assert "href=" not in page
    assert "url(" not in page
    for word in (
        "Privileged roles",
        "Rita Reviewer",
        "On second thoughts",
        "Operators",
        "Eligible and active",
    ):
        assert word in page
    assert page.rstrip().endswith("</html>")


def test_what_people_wrote_does_nothing_and_names_no_file(owner, reviewer, rows, running, now):
    Review.objects.update(name=HOSTILE)
    Item.objects.filter(holder_name="Ann").update(holder_name=HOSTILE)
    say(line_of(running, rows[0]), Answer.DENY, by=reviewer, now=now, reason=f"{HOSTILE} <!-- rows -->")

    pack = taken(owner, running)

    assert pack.namelist() == FILES
    assert "<script" not in text(pack, "report.html")
    assert "&lt;script&gt;" in text(pack, "report.html")
    assert text(pack, "report.html").count("<!DOCTYPE html>") == 1
    for name in ("lines.csv", "decisions.csv", "results.csv"):
        assert HOSTILE not in [cell for line in table(pack, name) for cell in line.values()]
        assert f"'{HOSTILE}" in [cell for line in table(pack, name) for cell in line.values()]
    assert len(text(pack, "MANIFEST").splitlines()) == 5 + len(FILES) - 1


def test_holds_what_its_reader_may_see_and_says_so(auditor, owner, over):
    pack = taken(auditor, over)

    assert column(pack, "lines.csv", "Holder") == ["Ann", "Operators"]
    assert column(pack, "decisions.csv", "Holder") == ["Ann"]
    assert "Production" not in "".join(text(pack, name) for name in FILES)
    assert "# It holds 2 lines: only those that its maker may see." in text(pack, "MANIFEST")
    assert "This is not all of the round" in text(pack, "report.html")
    assert "This is not all of the round" not in text(taken(owner, over), "report.html")


def test_is_not_there_for_whoever_sees_no_reviews(client, reviewer, running):
    client.force_login(reviewer)

    assert client.post(of_round(running)).status_code == 404
    assert not AuditEvent.objects.filter(action=AuditAction.EVIDENCE_EXPORTED).exists()


def test_is_refused_before_the_round_has_begun(client, owner, reviewer, rows, now):
    review = make_review(owner, terms_for(*rows, reviewers=[reviewer]), now=now)
    client.force_login(owner)

    assert client.post(of_round(review.rounds.get())).status_code == 403


def test_is_written_down_and_named_by_the_day(client, owner, running):
    client.force_login(owner)

    response = client.post(of_round(running))

    assert response["Content-Disposition"].startswith('attachment; filename="access-review-evidence-20')
    assert response["Content-Type"] == "application/zip"
    event = AuditEvent.objects.get(action=AuditAction.EVIDENCE_EXPORTED)
    assert event.sentence == "Alma Admin exported the evidence of the access review Privileged roles."
    response.close()


def test_takes_the_same_queries_for_many_lines(owner, reviewer, now):
    rows = [assign(make_user(now=now), now=now) for _ in range(2)]
    few = queries_of_pack(owner, reviewer, rows, now=now)
    rows += [assign(make_user(now=now), now=now) for _ in range(18)]

    assert queries_of_pack(owner, reviewer, rows, now=now) == few


def queries_of_pack(owner, reviewer, rows, *, now):
    round_ = start_review(owner, terms_for(*rows, reviewers=[reviewer]), now=now)
    for row in rows:
        say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=now)
    with CaptureQueriesContext(connection) as queries:
        assert len(table(taken(owner, round_), "lines.csv")) == len(rows)
    return len(queries)
