"""What people type, and what the forms make of it. No database: the rules are the policy's."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import RequestFactory

from apps.access_requests.forms.asking import ActivateForm
from apps.access_requests.forms.deciding import DecideForm, DecideManyForm
from apps.access_requests.forms.fields import instant_at

NOW = datetime(2026, 11, 24, 12, 35, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
PICK = SimpleNamespace(assignment=SimpleNamespace(id=uuid4()))
TYPED = {"pick": str(PICK.assignment.id), "duration": "90", "start": "now", "justification": "Calling plan"}


def visit() -> object:
    request = RequestFactory().get("/")
    request.session, request.now = {}, NOW
    return request


def posted(**values: object) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def activate(values: dict | None, **options: object) -> ActivateForm:
    defaults = {
        "request": visit(),
        "factor_required": False,
        "picks": [PICK],
        "presets": [30, 60, 120],
        "duration": 60,
        "maximum_minutes": 240,
        "wants_reason": True,
        "wants_ticket": False,
        "tz": BERLIN,
        "now": NOW,
    }
    return ActivateForm(None if values is None else posted(**values), **(defaults | options))


# ---- Duration --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "minutes"), [("5", 5), ("30", 30), ("47", 47), ("240", 240)])
def test_takes_whole_minutes_from_five_to_the_maximum(typed, minutes):
    form = activate(TYPED | {"duration": typed})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["minutes"] == minutes


@pytest.mark.parametrize(
    "typed", ["", "0", "4", "-1", "241", "1500", "NaN", "1e3", "٣٠", "9" * 400, "30.5", "x"]
)
def test_answers_any_other_duration_with_a_sentence_at_the_field(typed):
    form = activate(TYPED | {"duration": typed})

    assert not form.is_valid()
    assert [*form.errors] == ["duration"]
    assert form.errors["duration"][0].endswith(".")


def test_takes_the_other_duration_only_when_other_is_chosen():
    other = {"other_duration": "150"}

    assert activate_minutes(TYPED | other | {"duration": "other"}) == 150
    assert activate_minutes(TYPED | other | {"duration": "60"}) == 60


def activate_minutes(values: dict) -> int:
    form = activate(values)
    assert form.is_valid(), form.errors
    return form.cleaned_data["minutes"]


def test_offers_what_was_used_last_even_between_the_presets():
    form = activate(None, duration=45, last_used_minutes=45)

    assert ("45", "45 min") in form.fields["duration"].widget.choices
    assert form.fields["duration"].initial == "45"
    assert form.fields["duration"].help_text == "45 min is what you used last. At most 4 h is allowed."


# ---- Start -----------------------------------------------------------------------------------------------


def test_reads_a_later_start_on_the_viewers_clock():
    form = activate(TYPED | {"start": "later", "starts_at": "2026-11-25T08:00"})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["starts_at"] == datetime(2026, 11, 25, 7, 0, tzinfo=UTC)


def test_ignores_a_time_that_was_typed_before_now_was_chosen():
    form = activate(TYPED | {"start": "now", "starts_at": "nonsense"})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["starts_at"] is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Give a date"),
        ("tomorrow", "Give a date"),
        ("2026-13-45T99:00", "Give a date"),
        ("2026-11-25T08:00+01:00", "Give a date"),
        ("2026-11-24T13:35", "has passed"),
        ("0001-01-01T00:00", "within the next year"),
        ("9999-12-31T23:59", "within the next year"),
        ("2076-11-24T13:35", "within the next year"),
        ("2027-03-28T02:30", "skips this time"),
        ("2027-10-31T02:30", "twice"),
    ],
)
def test_answers_a_start_that_cannot_be_with_a_sentence_at_the_field(typed, sentence):
    form = activate(TYPED | {"start": "later", "starts_at": typed})

    assert not form.is_valid()
    assert [*form.errors] == ["starts_at"]
    assert sentence in form.errors["starts_at"][0]


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2027-03-28T01:59", datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        ("2027-03-28T03:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("2027-10-31T01:59", datetime(2027, 10, 30, 23, 59, tzinfo=UTC)),
        ("2027-10-31T03:00", datetime(2027, 10, 31, 2, 0, tzinfo=UTC)),
    ],
)
def test_reads_the_times_just_beside_a_change_of_the_clock(typed, instant):
    assert instant_at(typed, BERLIN) == instant


# ---- Reason, ticket, picks -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   ", "a\0b", "x" * 501])
def test_answers_a_reason_that_cannot_be_with_a_sentence(text):
    form = activate(TYPED | {"justification": text})

    assert not form.is_valid()
    assert [*form.errors] == ["justification"]


def test_counts_a_line_break_as_browsers_do():
    text = "x" * 249 + "\r\n" + "y" * 250

    form = activate(TYPED | {"justification": text})

    assert form.is_valid(), form.errors
    assert len(form.cleaned_data["justification"]) == 500


def test_keeps_emoji_and_right_to_left_text_as_it_is():
    form = activate(TYPED | {"justification": "חירום 🚒"})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["justification"] == "חירום 🚒"


def test_asks_for_a_ticket_only_where_one_is_wanted():
    without = activate(TYPED)
    with_ticket = activate(TYPED, wants_ticket=True)

    assert without.is_valid()
    assert not with_ticket.is_valid()
    assert [*with_ticket.errors] == ["ticket_number", "ticket_system"]


def test_lists_all_errors_together_in_the_order_of_the_page():
    form = activate({"duration": "0", "start": "later"}, wants_ticket=True)

    assert not form.is_valid()
    assert [name for name in form.fields if name in form.errors] == [
        "pick",
        "duration",
        "starts_at",
        "justification",
        "ticket_number",
        "ticket_system",
    ]


def test_refuses_a_pick_that_was_not_offered():
    assert [*activate(TYPED | {"pick": str(uuid4())}).errors] == ["pick"]


def test_refuses_a_scope_that_was_not_offered():
    scopes = [SimpleNamespace(id=uuid4(), name="Production"), SimpleNamespace(id=uuid4(), name="rg-payments")]

    assert activate(TYPED | {"scope": str(scopes[1].id)}, scopes=scopes).is_valid()
    assert [*activate(TYPED | {"scope": str(uuid4())}, scopes=scopes).errors] == ["scope"]


def test_fills_the_box_with_a_recent_reason_and_keeps_what_was_typed():
    form = activate(TYPED | {"justification": "", "duration": "120", "use_reason": "Weekly check"})

    assert not form.is_bound
    assert form["justification"].value() == "Weekly check"
    assert form["duration"].value() == "120"
    assert form["pick"].value() == [str(PICK.assignment.id)]


# ---- Deciding --------------------------------------------------------------------------------------------


def test_takes_a_decision_with_reason_and_digest():
    data = posted(choice="deny", digest="abc", justification="Not during the freeze")

    form = DecideForm(data, request=visit(), factor_required=False)

    assert form.is_valid(), form.errors
    assert form.cleaned_data["choice"] == "deny"


@pytest.mark.parametrize("choice", ["", "maybe", "approve "])
def test_refuses_any_other_choice(choice):
    data = posted(choice=choice, digest="abc", justification="Checked")

    assert [*DecideForm(data, request=visit(), factor_required=False).errors] == ["choice"]


def test_needs_the_digest_of_what_was_shown():
    data = posted(choice="approve", justification="Checked")

    assert [*DecideForm(data, request=visit(), factor_required=False).errors] == ["digest"]


def decide_many(**values: object) -> DecideManyForm:
    return DecideManyForm(posted(**values), seen={UUID(int=1): "abc"}, request=visit(), factor_required=False)


def test_shows_first_what_is_about_to_be_decided():
    assert not decide_many(choice="approve", pick=str(uuid4())).is_bound


def test_reads_each_request_with_its_digest():
    one, two = uuid4(), uuid4()

    form = decide_many(choice="approve", seen=[f"{one}:abc", f"{two}:def"], justification="Checked")

    assert form.is_valid(), form.errors
    assert form.cleaned_data["seen"] == {one: "abc", two: "def"}


@pytest.mark.parametrize("seen", ["abc", "not-an-id:abc", ":", "\0:x"])
def test_answers_a_broken_page_with_a_sentence(seen):
    form = decide_many(choice="approve", seen=seen, justification="Checked")

    assert form.errors == {"seen": ["This page is out of date. Open it again."]}
