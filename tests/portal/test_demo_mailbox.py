import re
from uuid import uuid4

import pytest
from django.urls import reverse

from apps.notifications.messages import Button, NoticeEvent
from tests.notifications.making import a_notice

pytestmark = pytest.mark.django_db

MAILBOX = reverse("portal:demo_mailbox")
MARKUP = "<b>bold</b><script>alert(1)</script>"


def mail_page(client, notice, view="portal:demo_mail"):
    response = client.get(reverse(view, args=[notice.pk]))
    assert response.status_code == 200
    return response


def test_shows_every_mail_without_a_sign_in(client):
    notice = a_notice(subject="Reader ended")

    page = client.get(MAILBOX).content.decode()

    assert "Reader ended" in page
    assert "john.doe@example.com" in page
    assert reverse("portal:demo_mail", args=[notice.pk]) in page


def test_says_when_there_is_no_mail(client):
    assert "No mail yet" in client.get(MAILBOX).content.decode()


def test_shows_text_and_html_of_a_mail(client, settings):
    notice = a_notice(buttons=(Button("Approve", "/approve/1/"),), event=NoticeEvent.APPROVAL_NEEDED)

    page = mail_page(client, notice).content.decode()

    assert f'href="{settings.BASE_URL}/approve/1/"' in page
    assert re.search(rf'<iframe[^>]*src="{reverse("portal:demo_mail_html", args=[notice.pk])}"', page)
    assert "allow-scripts" not in page


def test_shows_what_people_wrote_as_text_in_both_parts(client):
    notice = a_notice(subject=MARKUP, text=MARKUP, facts=((MARKUP, MARKUP),))

    text = mail_page(client, notice).content.decode()
    html = mail_page(client, notice, "portal:demo_mail_html").content.decode()

    for page in (text, html):
        assert "<b>bold</b>" not in page
        assert "<script>alert" not in page
        assert "&lt;b&gt;bold&lt;/b&gt;" in page


def test_lets_the_html_part_do_nothing_but_look_and_lead_away(client, settings):
    notice = a_notice()

    response = mail_page(client, notice, "portal:demo_mail_html")

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-top-navigation-by-user-activation" in policy
    assert "script-src" not in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_top">' in response.content.decode()


def test_gives_every_other_page_the_strict_policy(client):
    assert "unsafe-inline" not in client.get(MAILBOX)["Content-Security-Policy"]


def test_knows_no_mail_that_does_not_exist(client):
    assert client.get(reverse("portal:demo_mail", args=[uuid4()])).status_code == 404
    assert client.get(reverse("portal:demo_mail_html", args=[uuid4()])).status_code == 404


@pytest.mark.parametrize("view", ["portal:demo_mail", "portal:demo_mail_html"])
def test_changes_nothing_when_a_mail_is_looked_at(client, view):
    notice = a_notice()

    mail_page(client, notice, view)

    notice.refresh_from_db()
    assert (notice.state, notice.is_read) == ("queued", False)
    assert client.post(reverse(view, args=[notice.pk])).status_code == 405
