"""What every answer tells browsers and proxies. The fuzzer asks the same of whatever it is answered."""

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

pytestmark = pytest.mark.django_db

ANSWERS = {
    "a page": ("get", reverse("access_requests:my_roles")),
    "a redirect": ("post", reverse("accounts:end_other_sessions")),
    "a refusal": ("get", reverse("administration:installation")),
    "a wrong method": ("get", reverse("accounts:sign_out")),
    "nothing there": ("get", "/nothing-there/"),
    "a form with a fault": ("post", reverse("accounts:password")),
    "a part of a page": ("get", reverse("accounts:find_principals")),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_is_kept_by_nobody_framed_by_nobody_and_runs_nothing_inline(client, visitor, what):
    method, address = ANSWERS[what]
    client.force_login(visitor)

    response = getattr(client, method)(address)

    policy = response["Content-Security-Policy"]
    assert response["Cache-Control"] == "no-store, private"
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_lets_a_file_of_an_export_be_kept_by_nobody(client, auditor):
    client.force_login(auditor)

    response = client.post(reverse("audit:export"))

    assert list(response)
    assert response["Cache-Control"] == "no-store, private"
    assert response["Content-Disposition"].startswith("attachment")


def test_says_nothing_of_the_kind_about_files_of_the_look(client):
    assert finders.find("css/portal.css")

    response = client.get("/static/css/portal.css")

    assert list(response)
    assert "no-store" not in response["Cache-Control"]
