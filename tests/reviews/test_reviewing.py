"""Review access: the pages of a reviewer, with and without htmx."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import AuthenticatorDevice
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.reviews.models import Decision, Item, Round
from apps.reviews.policy.calendar import Frequency
from apps.reviews.states import Answer
from tests.access_requests.pages import code_of, said, text_of
from tests.factories import assign, disable, join, make_group, make_user
from tests.reviews.making import calendar_from, line_of, run, say, stage_of, start_review, terms_for

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LIST = reverse("reviews:review_access")
HTMX = {"HTTP_HX-Request": "true"}


@pytest.fixture
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def rita(now):
    return make_user("Rita Reviewer", now=now)


@pytest.fixture
def row(now):
    return assign(make_user("Ben Carter", now=now, job_title="Contractor"), now=now)


@pytest.fixture
def a_round(administrator, rita, row, clock, now):
    return start_review(administrator, terms_for(row, reviewers=[rita, administrator]), now=now)


@pytest.fixture
def line(a_round):
    return a_round.items.get()


def signed_in(client, user):
    client.force_login(user)
    return client


def address(name, round_, *more):
    return reverse(f"reviews:{name}", args=[round_.pk, *more])


def begin(client, user, round_):
    """Confirm that it is me. The same code again would be refused, so a device's last one is forgotten."""
    client.force_login(user)
    return client.post(address("start", round_), {"code": code_of(user)})


def send(client, line, answer="deny", *, reason="", seen=0, **more):
    url = reverse("reviews:answer", args=[line.round_id, line.pk])
    return client.post(url, {"answer": answer, "reason": reason, "seen": seen}, **more)


# ---- My reviews --------------------------------------------------------------------------------------------


def test_lists_what_is_open_for_me_and_counts_it(client, a_round, rita, row):
    page = text_of(signed_in(client, rita).get(LIST))

    assert "Privileged roles" in page
    assert "0 of 1" in page
    assert str(a_round.terms.scopes[0]) in page
    assert 'Review access<span class="pill">1' in page


def test_says_so_where_nothing_waits(client, a_round, visitor):
    page = text_of(signed_in(client, visitor).get(LIST))

    assert "No review waits for you" in page
    assert "Privileged roles" not in page


def test_lists_what_closed_lately(client, a_round, line, rita, clock, now):
    say(line, Answer.APPROVE, by=rita, now=now)
    clock.move_to(now + 14 * DAY)
    run(now=now + 14 * DAY)

    page = text_of(signed_in(client, rita).get(LIST))
    assert "Closed in the last 30 days" in page
    assert "1 of 1" in page

    clock.move_to(now + 45 * DAY)
    assert "Privileged roles" not in text_of(signed_in(client, rita).get(LIST))


# ---- Who sees what -----------------------------------------------------------------------------------------


def test_shows_nothing_to_whoever_does_not_review_it(client, a_round, line, visitor):
    client.force_login(visitor)

    for page in (
        client.get(a_round.get_review_url()),
        client.get(reverse("reviews:lines", args=[uuid4()])),
        send(client, line),
    ):
        assert page.status_code == 403
        assert "Privileged roles" not in text_of(page)
        assert "Ben Carter" not in text_of(page)
    assert not Decision.objects.exists()


def test_shows_what_is_known_of_each_line(client, a_round, rita, line, row):
    Item.objects.filter(pk=line.pk).update(
        activations=11, usual_minutes=120, decided_requests=3, recommendation_reason="Uses it a lot."
    )
    disable(row.principal.user)

    page = " ".join(text_of(signed_in(client, rita).get(a_round.get_review_url())).split())

    for words in (
        *("Ben Carter", "Contractor", "Disabled", "Teams Administrator", "Eligible", "11× in 90 days"),
        *("usually for 2 h", "3 requests decided", "Uses it a lot.", "0 of 1 decided"),
    ):
        assert words in page


def test_lists_the_people_of_a_group(client, administrator, rita, clock, now):
    group = make_group("Service desk", now=now)
    for name in ("Ann", "Cem"):
        join(make_user(name, now=now), group, now=now)
    target = join(group, make_group("Target", now=now), now=now)
    round_ = start_review(administrator, terms_for(target, reviewers=[rita]), now=now)

    page = " ".join(text_of(signed_in(client, rita).get(round_.get_review_url())).split())

    assert "Group of 2 people" in page
    assert "Ann, Cem" in page
    assert "2 people lose Member" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Ann", "Ben", "Cem"}),
        ("show=undecided", {"Ann", "Cem"}),
        ("show=deny", {"Ben"}),
        ("show=guests", {"Cem"}),
        ("show=groups", set()),
        ("show=nonsense&sort=nonsense", {"Ann", "Ben", "Cem"}),
        ("q=ann", {"Ann"}),
        ("sort=role", {"Ann", "Ben", "Cem"}),
        ("q=%00", {"Ann", "Ben", "Cem"}),
    ],
)
def test_narrows_the_list(client, administrator, rita, clock, now, query, shown):
    kinds = {"Ann": "member", "Ben": "member", "Cem": "guest"}
    rows = [assign(make_user(name, now=now, type=kind), now=now) for name, kind in kinds.items()]
    round_ = start_review(administrator, terms_for(*rows, reviewers=[rita]), now=now)
    round_.items.update(recommendation="approve")
    round_.items.filter(holder_name="Ben").update(recommendation="deny")
    say(line_of(round_, rows[1]), Answer.DENY, by=rita, now=now)

    page = signed_in(client, rita).get(f"{round_.get_review_url()}?{query}")

    assert {each.item.holder_name for each in page.context["lines"]} == shown
    assert [(key, count) for key, _, count in page.context["tabs"]] == [
        *(("all", 3), ("undecided", 2), ("deny", 1), ("guests", 1)),
    ]


def test_says_that_an_address_names_no_page(client, a_round, rita):
    assert signed_in(client, rita).get(f"{a_round.get_review_url()}?after=x~y").status_code == 400


def test_tells_what_was_decided_last_time(client, administrator, rita, row, clock, now):
    terms, monthly = terms_for(row, reviewers=[rita]), calendar_from(now, Frequency.MONTHLY)
    first = start_review(administrator, terms, now=now, calendar=monthly)
    say(first.items.get(), Answer.APPROVE, by=rita, now=now, reason="Hand-over")
    for days in (14, 31):
        run(now=now + days * DAY)
    clock.move_to(now + 31 * DAY)
    second = Round.objects.get(number=2)

    page = " ".join(text_of(signed_in(client, rita).get(second.get_review_url())).split())

    assert "Approved by Rita Reviewer on" in page
    assert "“<bdi>Hand-over</bdi>”" in page


def test_shows_earlier_stages_only_where_they_are_revealed(client, administrator, rita, row, clock, now):
    stages = (stage_of(administrator, days=2), stage_of(rita, days=2))
    terms = {"stages": stages, "proceeds": (Answer.APPROVE,)}
    rounds = [
        start_review(administrator, terms_for(row, reveals_earlier=reveals, **terms), now=now)
        for reveals in (True, False)
    ]
    for each in rounds:
        say(line_of(each, row), Answer.APPROVE, by=administrator, now=now, reason="Runs it")
    later = now + 2 * DAY
    run(now=later)
    clock.move_to(later + MINUTE)

    pages = [text_of(signed_in(client, rita).get(each.get_review_url())) for each in rounds]

    assert ["Runs it" in page for page in pages] == [True, False]
    before = text_of(signed_in(client, administrator).get(rounds[0].get_review_url()))
    assert "Others review these lines now" in before
    assert "Runs it" in before


@pytest.mark.parametrize("url", [LIST, "lines", "recommendations"])
def test_asks_as_often_for_200_lines_as_for_20(client, administrator, rita, clock, now, url):
    rows = [assign(make_user(now=now, enrolled=False), now=now) for _ in range(20)]
    round_ = start_review(administrator, terms_for(*rows, reviewers=[rita]), now=now)
    url = url if url == LIST else address(url, round_)
    client.force_login(rita)
    client.get(url)

    def queries():
        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200
        return len(found)

    few = queries()
    more = [assign(make_user(now=now, enrolled=False), now=now) for _ in range(40)]
    sample = round_.items.first()
    Item.objects.bulk_create(
        _like(sample, assignment=each, principal=each.principal, holder_name=each.principal.name)
        for each in more
    )
    assert queries() == few


def _like(item, **other):
    columns = {field.attname: getattr(item, field.attname) for field in Item._meta.concrete_fields}
    copied = Item(**columns | {"id": uuid4()})
    for name, value in other.items():
        setattr(copied, name, value)
    return copied


# ---- Confirming --------------------------------------------------------------------------------------------


def test_refuses_until_it_is_confirmed(client, a_round, line, rita):
    page = text_of(signed_in(client, rita).get(a_round.get_review_url()))
    assert "Confirm it is you to start" in page
    assert 'value="approve"' not in page

    answered = send(client, line)

    assert answered.status_code == 400
    assert "Confirm that it is you before you review." in text_of(answered)
    assert not Decision.objects.exists()


def test_asks_once_for_a_round_and_session(client, a_round, line, rita, clock, now):
    assert begin(client, rita, a_round).status_code == 302
    clock.move_to(now + HOUR - MINUTE)  # the session, idle for so long, is still one
    page = text_of(client.get(a_round.get_review_url()))
    assert "Confirm it is you" not in page
    assert 'value="approve"' in page

    assert send(client, line).status_code == 302
    assert Decision.objects.get().decided_by == rita


def test_a_wrong_code_starts_nothing(client, a_round, line, rita):
    client.force_login(rita)

    page = client.post(address("start", a_round), {"code": "000000", "asked": "show=undecided"})

    assert page.status_code == 400
    assert send(client, line).status_code == 400


def test_the_proof_counts_in_no_other_session(client, a_round, line, rita):
    begin(client, rita, a_round)

    assert send(signed_in(Client(), rita), line).status_code == 400


def test_the_proof_counts_for_no_other_round(client, administrator, a_round, rita, row, clock, now):
    other = start_review(administrator, terms_for(row, reviewers=[rita], name="Another"), now=now)
    begin(client, rita, a_round)
    clock.move_to(now + 6 * MINUTE)

    assert send(client, other.items.get()).status_code == 400
    through = reverse("reviews:answer", args=[a_round.pk, other.items.get().pk])
    assert client.post(through, {"answer": "deny", "seen": 0}).status_code == 403
    assert not Decision.objects.exists()


def test_the_proof_ends_with_eight_hours(client, a_round, line, rita, clock, now, settings):
    settings.SESSION_IDLE_AGE = 12 * 3600
    begin(client, rita, a_round)

    clock.move_to(now + 8 * HOUR + MINUTE)

    assert send(client, line).status_code == 400
    assert "Confirm it is you" in text_of(client.get(a_round.get_review_url()))


def test_the_proof_ends_with_its_device(client, a_round, line, rita):
    begin(client, rita, a_round)
    AuthenticatorDevice.objects.filter(user=rita).delete()

    assert send(client, line).status_code == 400
    assert not Decision.objects.exists()


# ---- Answering ---------------------------------------------------------------------------------------------


@pytest.fixture
def reviewer(client, a_round, rita):
    """Rita in her session, who has confirmed that it is her."""
    begin(client, rita, a_round)
    return client


def test_saves_a_line_and_leads_back_to_it(reviewer, a_round, line):
    url = reverse("reviews:answer", args=[a_round.pk, line.pk])
    page = reviewer.post(
        url, {"answer": "deny", "reason": "Left\r\n", "seen": "0", "asked": "show=undecided&sort=role"}
    )

    assert page.url == f"{a_round.get_review_url()}?show=undecided&sort=role#line-{line.pk}"
    assert Item.objects.get().answer == Answer.DENY
    assert AuditEvent.objects.get(action=AuditAction.LINE_DECIDED).justification == "Left"


def test_swaps_the_line_and_its_numbers(reviewer, line):
    page = send(reviewer, line, **HTMX)

    text = " ".join(text_of(page).split())
    assert page.status_code == 200
    assert f'<tbody id="line-{line.pk}"' in text
    assert "1 of 1 decided" in text
    assert '<span class="pill" id="count-undecided" hx-swap-oob="true">0</span>' in text
    assert "<html" not in text


@pytest.mark.parametrize("more", [{}, HTMX])
def test_asks_for_the_reason_at_its_line(client, administrator, rita, row, clock, now, more):
    terms = terms_for(row, reviewers=[rita], reason_required=True)
    round_ = start_review(administrator, terms, now=now)
    begin(client, rita, round_)

    page = send(client, round_.items.get(), "approve", reason=" ", **more)

    assert page.status_code == 400
    assert f'id="error-{round_.items.get().pk}">Say why this access is still needed.' in text_of(page)
    assert not Decision.objects.exists()
    assert send(client, round_.items.get(), "approve", reason="Runs it", **more).status_code in (200, 302)


@pytest.mark.parametrize(
    "values",
    [
        {"answer": "perhaps"},
        {"answer": "not_reviewed"},
        {"answer": ""},
        {"seen": "x"},
        {"seen": -1},
        {"seen": 10**30},
        {"reason": "x" * 501},
        {"reason": "\0"},
    ],
)
@pytest.mark.parametrize("more", [{}, HTMX])
def test_says_what_is_wrong_with_what_was_sent(reviewer, line, values, more):
    page = send(reviewer, line, **{"answer": "deny"} | values, **more)

    assert page.status_code == 400
    assert 'role="alert"' in text_of(page)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("more", [{}, HTMX])
def test_tells_the_slower_who_was_faster(reviewer, line, administrator, now, more):
    say(line, Answer.APPROVE, by=administrator, now=now, reason="Runs it")

    page = send(reviewer, line, reason="Left the team", **more)

    assert page.status_code == 409
    assert "Alma Admin was faster: approved, 13:00 UTC. Your answer was not saved." in text_of(page)
    assert "Left the team" in text_of(page)
    assert Decision.objects.get().answer == Answer.APPROVE
    assert send(reviewer, line, reason="Left the team", seen=1, **more).status_code in (200, 302)
    assert Decision.objects.get().answer == Answer.DENY


@pytest.mark.parametrize("more", [{}, HTMX])
def test_says_that_it_has_closed_meanwhile(reviewer, a_round, line, now, rita, more):
    say(line, Answer.APPROVE, by=rita, now=now, reason="Runs it")
    Round.objects.update(stage_closes_at=now)

    page = send(reviewer, line, seen=1, **more)

    assert page.status_code == 409
    assert "This review is closed." in text_of(page)
    assert 'name="answer"' not in text_of(page)
    shown = text_of(reviewer.get(a_round.get_review_url()))
    assert "You see what was decided." in shown
    assert "Runs it" in shown
    assert Decision.objects.get().answer == Answer.APPROVE


# ---- Many at once ------------------------------------------------------------------------------------------


def send_many(client, round_, *lines, answer="deny", seen=0, **values):
    picks = [f"{line.pk}:{seen}" for line in lines]
    return client.post(address("answer_many", round_), {"pick": picks, "answer": answer} | values)


@pytest.fixture
def several(client, administrator, rita, clock, now):
    rows = [assign(make_user(now=now), now=now) for _ in range(3)]
    round_ = start_review(administrator, terms_for(*rows, reviewers=[rita], reason_required=True), now=now)
    begin(client, rita, round_)
    return round_


def test_answers_many_with_one_reason(client, several):
    page = send_many(client, several, *several.items.all(), answer="approve", reason="All on duty")

    assert page.url == several.get_review_url()
    assert said(page) == ["3 lines: Approved."]
    assert set(several.items.values_list("answer", flat=True)) == {"approve"}
    events = AuditEvent.objects.filter(action=AuditAction.LINE_DECIDED)
    assert [each.justification for each in events] == ["All on duty"] * 3


def test_keeps_what_was_ticked_when_a_reason_is_missing(client, several):
    page = send_many(client, several, *several.items.all(), answer="approve")

    assert page.status_code == 400
    assert "Say why this access is still needed." in text_of(page)
    assert all(each.is_picked for each in page.context["lines"])
    assert not Decision.objects.exists()


def test_saves_none_of_many_where_somebody_was_faster(client, several, rita, now):
    first, *others = several.items.all()
    say(first, Answer.APPROVE, by=rita, now=now)

    page = send_many(client, several, first, *others)

    assert page.status_code == 409
    assert {each.item.pk for each in page.context["lines"] if each.is_picked} == {each.pk for each in others}
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("picks", [[], ["x"], ["x:y"], [f"{uuid4()}:-1"], [f"{uuid4()}"]])
def test_says_what_is_wrong_with_the_ticks(client, several, picks):
    page = client.post(address("answer_many", several), {"pick": picks, "answer": "deny"})

    assert page.status_code == 400
    assert not Decision.objects.exists()


def test_answers_no_lines_of_another_round(client, several, administrator, rita, now):
    other = start_review(administrator, several.terms, now=now)

    assert send_many(client, several, *several.items.all(), other.items.first()).status_code == 403
    assert not Decision.objects.exists()


# ---- As recommended ----------------------------------------------------------------------------------------


def test_previews_recommendations_and_follows_them(client, several):
    several.items.update(recommendation="deny", recommendation_reason="Never used.")
    several.items.filter(pk=several.items.first().pk).update(recommendation="no_info")
    url = address("recommendations", several)

    page = client.get(url)
    assert "This approves 0 and denies 2" in text_of(page)
    assert not Decision.objects.exists()

    followed = client.post(url, {"digest": page.context["found"].digest})

    assert said(followed) == ["2 lines answered as recommended."]
    assert followed.url == several.get_review_url()
    assert several.items.filter(answer="deny").count() == 2


def test_shows_the_preview_anew_when_it_is_out_of_date(client, several, rita, now):
    several.items.update(recommendation="deny")
    url = address("recommendations", several)
    digest = client.get(url).context["found"].digest
    say(several.items.first(), Answer.DONT_KNOW, by=rita, now=now)

    page = client.post(url, {"digest": digest})

    assert page.status_code == 409
    assert "changed meanwhile" in text_of(page)
    assert page.context["found"].deny == 2
    assert Decision.objects.count() == 1


def test_shows_no_recommendations_where_none_are_wanted(client, administrator, rita, row, clock, now):
    round_ = start_review(administrator, terms_for(row, reviewers=[rita], recommends=False), now=now)

    page = text_of(signed_in(client, rita).get(round_.get_review_url()))

    assert "Recommend" not in page
    assert "Accept all" not in page
    assert client.get(address("recommendations", round_)).status_code == 404
