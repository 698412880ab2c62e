"""How numbers, times, people and states are written, wherever they appear."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from apps.access_requests.states import State
from apps.common.decision import ALLOWED, denied

NOW = datetime(2026, 11, 24, 12, 35, 4, tzinfo=UTC)
PERSON = SimpleNamespace(name="Jane Roe", email="jane@example.com")


@pytest.fixture(autouse=True)
def _in_berlin():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        yield


def render(source: str, **context: object) -> str:
    request = RequestFactory().get("/")
    request.now = NOW
    return Template(source).render(Context({"request": request, **context})).strip()


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 11, 24, 13, 0, tzinfo=UTC), "14:00 CET"),
        (datetime(2026, 11, 23, 22, 59, tzinfo=UTC), "23 Nov 2026, 23:59 CET"),
        (datetime(2026, 11, 23, 23, 0, tzinfo=UTC), "00:00 CET"),
        (datetime(2026, 11, 24, 23, 0, tzinfo=UTC), "25 Nov 2026, 00:00 CET"),
        (datetime(2027, 6, 30, 10, 0, tzinfo=UTC), "30 Jun 2027, 12:00 CEST"),
    ],
)
def test_leaves_the_date_out_only_on_the_viewers_own_day(instant, text):
    machine = instant.isoformat()

    assert render("{% when at %}", at=instant) == f'<time class="num" datetime="{machine}">{text}</time>'


def test_keeps_columns_narrow_with_the_time_of_today_or_the_day():
    assert ">13:35<" in render("{% short at %}", at=NOW)
    assert ">23 Nov 2026<" in render("{% short at %}", at=NOW - timedelta(days=1))


def test_shows_seconds_in_timelines():
    assert ">13:35:04 CET<" in render("{% when_exact at %}", at=NOW)
    assert ">23 Nov 2026, 13:35:04 CET<" in render("{% when_exact at %}", at=NOW - timedelta(days=1))


def test_gives_the_date_where_no_clock_was_read():
    source = Template("{% when at %}{% relative at %}")

    assert ">24 Nov 2026, 13:35 CET<" in source.render(Context({"at": NOW}))


@pytest.mark.parametrize("tag", ["when", "when_exact", "day", "short", "relative"])
def test_writes_nothing_for_no_instant(tag):
    assert render(f"{{% {tag} at %}}", at=None) == ""


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Europe/Berlin", "CET (Europe/Berlin)"),
        ("UTC", "UTC"),
        ("America/Sao_Paulo", "UTC-03:00 (America/Sao_Paulo)"),
    ],
)
def test_names_the_zone_of_the_page(zone, text):
    with timezone.override(ZoneInfo(zone)):
        assert render("{% zone %}") == text


@pytest.mark.parametrize(
    ("minutes", "text"), [(5, "5 min"), (60, "1 h"), (90, "1 h 30 min"), (1440, "24 h"), (None, "Permanent")]
)
def test_writes_lengths_in_words(minutes, text):
    assert render("{{ minutes|duration }}", minutes=minutes) == text


@pytest.mark.parametrize(
    ("name", "letters"),
    [("John Doe", "JD"), ("Jane van der Roe", "JR"), ("ada", "A"), ("", ""), ("Ödön Élö", "ÖÉ")],
)
def test_takes_the_first_and_last_initial(name, letters):
    assert render("{{ name|initials }}", name=name) == letters


def test_shows_a_person_with_their_address_and_without_markup():
    person = SimpleNamespace(name="<b>Jane</b>", email="jane@example.com")

    html = render("{% person who %}", who=person)

    assert "&lt;b&gt;Jane&lt;/b&gt;" in html
    assert "jane@example.com" in html


def test_hides_icons_from_screen_readers():
    html = render('{% icon "check-lg" "icon-12" %}')

    assert html.startswith('<svg class="icon icon-12"')
    assert 'aria-hidden="true"' in html


def test_shows_an_icon_from_the_one_file_that_has_them():
    assert 'icons.svg#check-lg"' in render('{% icon "check-lg" %}')


def test_refuses_an_icon_that_does_not_exist():
    with pytest.raises(ValueError, match="No icon"):
        render('{% icon "no-such-icon" %}')


@pytest.mark.parametrize("state", State)
def test_has_a_badge_with_the_word_of_every_state_of_a_request(state):
    assert render("{% state_badge state %}", state=str(state.value)).endswith(f"</svg>{state.label}</span>")


def test_links_to_what_is_allowed():
    html = render('{% action_link yes "Extend" "/there/" name="Owner" %}', yes=ALLOWED)

    assert 'href="/there/"' in html
    assert 'aria-label="Extend Owner"' in html


def test_posts_what_is_pressed_with_a_token():
    html = render('{% action_button yes "Deactivate" "/there/" %}', yes=ALLOWED)

    assert 'method="post"' in html
    assert 'name="csrfmiddlewaretoken"' in html


@pytest.mark.parametrize("tag", ["action_link", "action_button"])
def test_shows_a_refused_action_disabled_with_its_reason(tag):
    html = render(f'{{% {tag} no "Extend" "/there/" %}}', no=denied("Rule", "Not before <June>."))

    assert 'aria-disabled="true"' in html
    assert "Not before &lt;June&gt;.</span>" in html
    assert "/there/" not in html


# ---- Long lists --------------------------------------------------------------------------------------------


def test_leads_to_pages_as_url_does():
    source = '{% address "administration:person" id %} {% url "administration:person" id %}'
    one, other = uuid4(), uuid4()

    for id_ in (one, other):
        found, wanted = render(source, id=id_).split()
        assert found == wanted


def test_writes_once_what_is_alike_and_gives_each_row_its_own_id():
    row = "{% alike row.key row.id %}{{ row.words }} {{ row.id }};{% endalike %}"
    rows = [{"key": key, "id": id_, "words": f"<{key}> of {id_}"} for key, id_ in ("a1", "a2", "b3")]

    written = render(f"{{% for row in rows %}}{row}{{% endfor %}}", rows=rows)
    assert written == "&lt;a&gt; of 1 1;&lt;a&gt; of 2 2;&lt;b&gt; of 3 3;"


def test_writes_once_what_is_the_same_without_an_id():
    source = Template("{% for row in rows %}{% alike row.key %}{{ row.words }} {% endalike %}{% endfor %}")

    assert source.render(Context({"rows": [{"key": 1, "words": "a"}, {"key": 1, "words": "b"}]})) == "a a "
    assert source.render(Context({"rows": [{"key": 1, "words": "c"}]})) == "c "


def test_offers_options_also_in_groups_and_escapes_them():
    choices = [("", "All"), ("<a>", [("b", "B & C"), ("c", "D")])]

    assert render("{% options choices chosen %}", choices=choices, chosen="c") == (
        '<option value="">All</option>\n<optgroup label="&lt;a&gt;"><option value="b">B &amp; C</option>\n'
        '<option value="c" selected>D</option></optgroup>'
    )


def test_keeps_what_a_fact_says_apart_from_the_text_around_it():
    assert (
        render("{% facts pairs %}", pairs=[("Role", "<b>")]) == "<dt>Role</dt><dd><bdi>&lt;b&gt;</bdi></dd>"
    )
