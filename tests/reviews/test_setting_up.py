"""Setting an access review up: its form, its preview, its rights."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.reviews.forms.setting_up import ReviewForm, first_values
from apps.reviews.models import Review, Round, Stage
from apps.reviews.policy.calendar import Frequency
from apps.reviews.policy.setting_up import Foreseen, check_terms, warnings_about
from apps.reviews.policy.terms import Named, Scope, StageTerms, Terms
from apps.reviews.selectors.offering import Offer, Offered
from apps.reviews.selectors.preview import preview_of
from apps.reviews.selectors.reviewers import reviewers_to_tell
from apps.reviews.selectors.terms import calendar_of, terms_of
from apps.reviews.states import Answer, Holders, NoAnswer, Who
from apps.roles import built_in
from apps.roles.selectors import directory
from tests.access_requests.pages import code_of, text_of
from tests.factories import (
    acting,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
    role,
)
from tests.reviews.making import calendar_from, make_review, named, run, stage_of, terms_for

pytestmark = pytest.mark.django_db

TEAMS = built_in.TEAMS_ADMINISTRATOR
MONTH = timedelta(days=30)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def alma(client, administrator):
    client.force_login(administrator)
    return administrator


@pytest.fixture
def rita(now):
    return make_user("Rita Reviewer", now=now)


@pytest.fixture
def rows(now):
    return [assign(make_user(name, now=now), now=now) for name in ("Ann", "Ben", "Cem")]


def key(role_id=TEAMS, resource=None):
    return f"{role_id}:{(resource or directory()).pk}"


def address(provider="directory", **asked):
    return reverse("reviews:create", args=[provider], query=asked)


def filled(**typed):
    """What a browser sends of the form as it first stands there, with what somebody typed."""
    data = {"name": "Teams", "scopes": [key()]}
    for name, value in first_values().items():
        if value is True or isinstance(value, list):
            data.setdefault(name, "on" if value is True else value)
        elif value not in (False, None, ""):
            data[name] = str(value)
    return data | typed


def send(client, alma, **typed):
    return client.post(address(), filled(**{"code": code_of(alma)} | typed))


def faults_of(administrator, now, **typed):
    """The fields with a fault in what was typed: what the form says, then what the rules say. That the code
    is missing is left out."""
    data = QueryDict(mutable=True)
    for name, value in filled(**typed).items():
        data.setlist(name, value if isinstance(value, list) else [value])
    request = SimpleNamespace(user=administrator, session={}, now=now)
    offer = Offer([Offered(directory(), [role(TEAMS)])])
    form = ReviewForm(data, request=request, offer=offer, initial={})
    faults = {*form.errors} - {"code"}
    return faults or {refusal.field for refusal in check_terms(form.terms, form.calendar).refusals}


# ---- Creating ----------------------------------------------------------------------------------------------


def test_a_name_a_role_and_a_reviewer_are_enough(client, alma, rita, now):
    page = send(client, alma, reviewers_1=[str(rita.pk)])

    review = Review.objects.get()
    assert page["Location"] == review.get_absolute_url()
    terms, calendar = terms_of(review), calendar_of(review)
    assert [str(scope) for scope in terms.scopes] == ["Teams Administrator"]
    assert terms.stages == (StageTerms(14, Who.SELECTED, (Named(rita.pk, rita.name),)),)
    assert (terms.no_answer, terms.applies_automatically, terms.reason_required) == (
        NoAnswer.KEEP,
        True,
        True,
    )
    assert (calendar.frequency, calendar.ends_on, calendar.occurrences) == (Frequency.QUARTERLY, None, None)
    assert review.owner == alma
    assert Round.objects.get().starts_at == calendar.starts_at
    assert AuditEvent.objects.filter(action=AuditAction.REVIEW_CREATED, target_id=review.pk).count() == 1


def test_every_option_is_kept(client, alma, rita, now):
    shop = make_resource("Web shop", now=now)
    desk = make_group("Desk", now=now)
    start = (now + timedelta(days=2)).replace(second=0, microsecond=0)
    send(
        client,
        alma,
        description="Who still needs it?",
        scopes=[key(), key(built_in.CONTRIBUTOR, shop)],
        below=[str(shop.pk)],
        kinds="eligible",
        holders="guests",
        inactive_days="45",
        unused_days="60",
        stages="2",
        who_1="managers",
        fallback_1=[str(rita.pk)],
        days_1="5",
        who_2="selected",
        reviewers_2=[str(desk.pk)],
        days_2="3",
        proceeds=["approve", "not_reviewed"],
        reveals_earlier="on",
        frequency="monthly",
        start="later",
        starts_at=f"{start:%Y-%m-%dT%H:%M}",
        end="after",
        occurrences="4",
        applies="by_hand",
        no_answer="remove",
        tells=[str(rita.pk)],
        look_back_days="20",
        extra_text="Ask the desk.",
    )

    review = Review.objects.get()
    terms, calendar = terms_of(review), calendar_of(review)
    assert {(scope.role_name, scope.includes_below) for scope in terms.scopes} == {
        ("Teams Administrator", False),
        ("Contributor", True),
    }
    assert (terms.includes_eligible, terms.includes_active, terms.holders) == (True, False, Holders.GUESTS)
    assert (terms.inactive_days, terms.unused_days, terms.look_back_days) == (45, 60, 20)
    assert terms.stages == (
        StageTerms(5, Who.MANAGERS, (), named(rita)),
        StageTerms(3, Who.SELECTED, named(desk)),
    )
    assert (terms.proceeds, terms.reveals_earlier) == ((Answer.APPROVE, Answer.NOT_REVIEWED), True)
    assert (terms.applies_automatically, terms.no_answer, terms.tells) == (
        False,
        NoAnswer.REMOVE,
        named(rita),
    )
    assert terms.extra_text == "Ask the desk."
    assert (calendar.frequency, calendar.starts_at, calendar.occurrences) == (Frequency.MONTHLY, start, 4)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": " \u200b "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "console"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["nonsense"]}, "scopes"),
        ({"scopes": [f"{built_in.GROUP_MEMBER}:{built_in.GROUP_MEMBER}"]}, "scopes"),
        ({"below": ["nonsense"]}, "below"),
        ({"kinds": "some"}, "kinds"),
        ({"holders": ""}, "holders"),
        ({"inactive_days": "731"}, "inactive_days"),
        ({"unused_days": "0"}, "unused_days"),
        ({"unused_days": "9", "kinds": "active"}, "unused_days"),
        ({"stages": "4"}, "stages"),
        ({"who_1": "nobody"}, "who_1"),
        ({"reviewers_1": []}, "reviewers_1"),
        ({"reviewers_1": ["nonsense"]}, "reviewers_1"),
        ({"who_1": "managers"}, "fallback_1"),
        ({"days_1": ""}, "days_1"),
        ({"days_1": "89"}, "days_1"),
        ({"days_1": "9" * 400}, "days_1"),
        ({"stages": "2"}, "reviewers_2"),
        ({"stages": "2", "who_2": "holders"}, "who_2"),
        ({"stages": "2", "proceeds": []}, "proceeds"),
        ({"proceeds": ["maybe"]}, "proceeds"),
        ({"frequency": "hourly"}, "frequency"),
        ({"start": "later", "starts_at": "2020-01-01T10:00"}, "starts_at"),
        ({"start": "later", "starts_at": "soon"}, "starts_at"),
        ({"start": "later", "starts_at": "9999-12-31T23:59"}, "starts_at"),
        ({"end": "on"}, "ends_on"),
        ({"end": "on", "ends_on": "2020-01-01"}, "ends_on"),
        ({"end": "on", "ends_on": "31.2.2027"}, "ends_on"),
        ({"end": "after"}, "occurrences"),
        ({"end": "after", "occurrences": "501"}, "occurrences"),
        ({"applies": ""}, "applies"),
        ({"no_answer": "shrug"}, "no_answer"),
        ({"look_back_days": ""}, "look_back_days"),
        ({"extra_text": "x" * 1001}, "extra_text"),
    ],
)
def test_says_what_is_wrong(administrator, rita, now, typed, field):
    assert field in faults_of(administrator, now, **{"reviewers_1": [str(rita.pk)]} | typed)


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"code": ""}, "code"), ({"code": "12"}, "code"), ({"reviewers_1": []}, "reviewers_1")],
)
def test_writes_nothing_where_something_is_wrong(client, alma, rita, typed, field):
    page = send(client, alma, **{"reviewers_1": [str(rita.pk)]} | typed)

    assert page.status_code == 400
    assert {*page.context["form"].errors} == {field}
    assert not Review.objects.exists()
    assert not Stage.objects.exists()
    assert not AuditEvent.objects.filter(action=AuditAction.REVIEW_CREATED).exists()


def test_what_is_not_used_has_no_fault(administrator, rita, now):
    typed = {"days_2": "never", "who_3": "nobody", "starts_at": "x", "ends_on": "x", "occurrences": "many"}

    assert faults_of(administrator, now, reviewers_1=[str(rita.pk)], **typed) == set()


def test_once_has_no_end(client, alma, rita, now):
    send(client, alma, reviewers_1=[str(rita.pk)], frequency="once", end="after", occurrences="5")

    assert Review.objects.get().occurrences is None


def test_finds_places_and_keeps_what_was_typed(client, alma, now):
    shop, other = make_resource("Web shop", now=now), make_resource("Warehouse", now=now)

    typed = filled(name="Shops", scopes=[key(), key(built_in.READER, other)], q="shop", find="q")
    page = client.post(address(), typed)

    form = page.context["form"]
    picks = {pick.offered.resource: pick for pick in form.picks}
    assert {*picks} == {directory(), other, shop}
    assert [box.label for pick in picks.values() for box in pick.boxes if box.is_ticked] == [
        "Teams Administrator",
        "Reader",
    ]
    assert form["name"].value() == "Shops"
    assert (page.status_code, Review.objects.count()) == (200, 0)


def test_a_template_only_fills_the_form_in(client, alma):
    page = client.get(address(template="privileged"))

    form = page.context["form"]
    ticked = {box.label for pick in form.picks for box in pick.boxes if box.is_ticked}
    assert "Global Administrator" in ticked
    assert "Teams Administrator" not in ticked
    assert form["frequency"].value() == Frequency.QUARTERLY
    assert client.get(address(template="unused")).context["form"]["unused_days"].value() == 90
    assert client.get(address(template="nonsense")).status_code == 200


# ---- Rights ------------------------------------------------------------------------------------------------


def test_a_keeper_is_offered_and_may_review_only_what_they_keep(client, rita, now):
    mine, other = make_resource("Mine", now=now), make_resource("Other", now=now)
    keeper = make_user("Kim", now=now)
    make_active(keeper, built_in.RESOURCE_OWNER, mine, now=now, ends_at=now + MONTH)
    client.force_login(keeper)
    asked = {"name": "Mine", "reviewers_1": [str(rita.pk)], "code": code_of(keeper)}
    typed = filled(**asked, q="e")

    found = client.post(address("resources"), typed | {"find": "q"}).context["form"].picks
    refused = client.post(address("resources"), typed | {"scopes": [key(built_in.READER, other)]})
    done = client.post(address("resources"), typed | {"scopes": [key(built_in.READER, mine)]})

    assert [pick.offered.resource for pick in found] == [mine]
    assert "scopes" in refused.context["form"].errors
    assert done.status_code == 302
    assert Review.objects.get().owner == keeper


def test_a_group_with_power_is_not_for_its_owner_to_review(client, rita, now):
    group = make_group("Operators", now=now, is_role_assignable=True)
    owner = make_user("Olga", now=now)
    make_active(owner, built_in.GROUP_OWNER, group.resource, now=now, ends_at=now + MONTH)
    client.force_login(owner)

    typed = filled(name="Members", reviewers_1=[str(rita.pk)], code=code_of(owner))
    page = client.post(address("groups"), typed | {"scopes": [key(built_in.GROUP_MEMBER, group.resource)]})

    assert page.status_code == 400
    assert "do not manage reviews and assignments on Operators" in text_of(page)
    assert not Review.objects.exists()


# ---- Preview -----------------------------------------------------------------------------------------------


def test_a_preview_writes_nothing_and_asks_for_no_code(client, alma, rita, rows, now):
    typed = filled(name="Teams", scopes=[key()], reviewers_1=[str(rita.pk)], preview="1")

    page = client.post(address(), typed)

    assert page.status_code == 200
    assert "3 lines" in text_of(page)
    assert not Review.objects.exists()


def foreseen(terms, owner, now):
    return preview_of(terms, calendar_from(now), actor=acting(owner, now=now), now=now)


def everybody(now):
    """People with and without a manager, a group with a member and somebody who may join, and a reviewer who
    holds what they review."""
    boss = make_user("Boss", now=now)
    held = [assign(make_user(name, now=now, manager=boss), now=now) for name in ("Ann", "Ben")]
    held += [assign(make_user("Loner", now=now), now=now), assign(boss, now=now)]
    group = make_group("Crew", now=now, is_role_assignable=True)
    join(make_user("Mia Member", now=now), group, now=now)
    may_join(make_user("Mo Maybe", now=now), group, now=now)
    make_active(boss, built_in.GROUP_OWNER, group.resource, now=now, ends_at=now + MONTH)
    return boss, [*held, assign(group, now=now)]


@pytest.mark.parametrize(
    ("who", "narrowed"),
    [
        *((who, {}) for who in Who),
        (Who.SELECTED, {"inactive_days": 1}),
        (Who.MANAGERS, {"unused_days": 1}),
        (Who.SELECTED, {"holders": Holders.GUESTS}),
    ],
)
def test_what_is_foreseen_is_what_the_round_has(administrator, rita, now, who, narrowed):
    boss, held = everybody(now)
    stage = stage_of(boss, who=who, fallback=[] if who == Who.SELECTED else [rita])
    terms = terms_for(*held, stages=(stage,), **narrowed)

    found = foreseen(terms, administrator, now)

    review = make_review(administrator, terms, now=now)
    run(now=now)
    round_ = review.rounds.get()
    assert found.lines == round_.items.count()
    assert found.unseated == round_.items.filter(desk=None).count()
    assert found.fallback == round_.items.filter(desk__key="fallback").count()
    assert dict(found.reviewers) == reviewers_to_tell(round_, now=now)
    assert found.by_scope == [(terms.scopes[0], round_.items.count())]


def test_counts_below_a_place_and_what_is_ones_own(administrator, rita, now):
    shop = make_resource("Shop", now=now)
    till = make_resource("Till", parent=shop, now=now)
    for principal, place in ((rita, till), (administrator, till), (make_user("Ann", now=now), shop)):
        assign(principal, built_in.READER, place, now=now, ends_at=now + MONTH)
    scope = Scope(built_in.READER, shop.pk, True, "Reader", "Shop")
    empty = Scope(TEAMS, directory().pk, False, role(TEAMS).name, "Directory")
    terms = Terms(name="Shop", scopes=(scope, empty), stages=(stage_of(rita),))

    found = foreseen(terms, administrator, now)

    assert found.by_scope == [(scope, 3), (empty, 0)]
    assert (found.mine, found.unseated) == (1, 1)
    assert dict(found.reviewers) == {rita: 2}


@pytest.mark.parametrize(
    ("no_answer", "auto", "silent"),
    [
        (NoAnswer.REMOVE, True, 3),
        (NoAnswer.REMOVE, False, 0),
        (NoAnswer.RECOMMENDATION, True, 1),
        (NoAnswer.KEEP, True, 0),
        (NoAnswer.APPROVE, True, 0),
    ],
)
def test_says_what_silence_would_take(administrator, rita, rows, now, no_answer, auto, silent):
    long_ago = now - timedelta(days=300)
    type(rita).objects.filter(pk=rows[0].principal_id).update(created_at=long_ago)
    terms = terms_for(*rows, reviewers=[rita], no_answer=no_answer, applies_automatically=auto)

    found = foreseen(terms, administrator, now)

    assert found.silent == silent
    assert any("If nobody answers" in warning for warning in found.warnings) == bool(silent)


def test_asks_as_often_for_many_lines_as_for_few(administrator, rita, rows, now):
    def count():
        with CaptureQueriesContext(connection) as asked:
            foreseen(terms_for(*rows, reviewers=[rita], unused_days=30), administrator, now)
        return len(asked)

    few = count()
    for _ in range(20):
        assign(make_user(now=now), now=now)

    assert count() == few


# ---- Rules -------------------------------------------------------------------------------------------------


def test_warns_of_what_should_be_thought_of():
    found = Foreseen(who=Who.MANAGERS, lines=9, unseated=2, silent=9, mine=1)

    assert warnings_about(found) == [
        "Nobody would review 2 lines. Choose fallback reviewers for people without a manager, and groups "
        "without an owner.",
        "If nobody answers, everybody loses their access: 9 lines.",
        "1 line would be about your own access. Others decide on that.",
    ]
    assert warnings_about(Foreseen(who=Who.SELECTED, lines=5)) == []
    assert "Nothing would be reviewed" in warnings_about(Foreseen(who=Who.SELECTED, lines=0))[0]


def test_names_the_stage_that_has_a_fault(now):
    stages = (StageTerms(3, Who.OWNERS, (), (Named(TEAMS, "Rita"),)), StageTerms(3, Who.SELECTED))
    terms = Terms(name="Two", scopes=(Scope(TEAMS, TEAMS),), stages=stages, proceeds=(Answer.APPROVE,))

    refusals = check_terms(terms, calendar_from(now)).refusals

    assert [refusal.field for refusal in refusals] == ["reviewers_2"]
