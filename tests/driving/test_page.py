"""Forms are read as a browser reads them."""

from __future__ import annotations

from http.client import HTTPMessage

import pytest

from tests.driving.page import Page

FORMS = """
<input name="early" value="1" form="far">
<form method="post" action="/send/?x=1&amp;y=2">
  <input type="hidden" name="token" value="t">
  <input name="typed" value="as it &quot;was&quot;"> <input name="off" disabled> <input value="nameless">
  <input type="checkbox" name="pick" value="a" checked> <input type="checkbox" name="pick" value="b">
  <input type="radio" name="start" value="now" checked> <input type="radio" name="start" value="later">
  <select name="role"><option value="1">One<option value="2">Two</select>
  <select name="kind"><option value="1">One<option value="2" selected>Two</select>
  <select name="many" multiple><option value="1">One</select>
  <fieldset disabled><input name="of_a_set_that_is_off"></fieldset>
  <textarea name="why">
two
lines</textarea>
  <button name="choice" value="approve">Approve</button> <button name="choice" value="deny">Deny</button>
  <button name="script" type="button">Nothing</button>
</form>
<form id="far"></form>
"""


@pytest.fixture
def page():
    return Page("/here/", 200, HTTPMessage(), FORMS.encode(), 0.0)


def test_sends_what_a_browser_would(page):
    form = page.form(having="token")

    assert (form.method, form.action) == ("post", "/send/?x=1&y=2")
    assert form.filled() == [
        ("token", "t"),
        ("typed", 'as it "was"'),
        ("pick", "a"),
        ("start", "now"),
        ("role", "1"),
        ("kind", "2"),
        ("why", "two\nlines"),
    ]
    assert form.offered["choice"] == ["approve", "deny"]


def test_changes_what_is_there_and_nothing_else(page):
    form = page.form(action="/send/")

    sent = form.filled(choice="deny", pick=["a", "b"], start=None, why="short")

    assert sent[-4:] == [("choice", "deny"), ("pick", "a"), ("pick", "b"), ("why", "short")]
    assert "start" not in dict(sent)
    with pytest.raises(LookupError, match="no script"):
        form.filled(script="1")


def test_takes_in_what_stands_outside_of_the_form(page):
    far = page.form(id="far")

    assert (far.method, far.action, far.fields) == ("get", "/here/", [("early", "1")])
