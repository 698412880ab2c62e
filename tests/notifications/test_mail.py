import pytest

from apps.notifications.mail import compose, render_html, render_text
from apps.notifications.messages import Button, NoticeEvent
from tests.notifications.making import a_notice, a_recipient

pytestmark = pytest.mark.django_db

EVIL = '<script>alert("x")</script><b>bold</b>'


@pytest.fixture(autouse=True)
def portal(settings):
    settings.BASE_URL = "https://pim.example.com"
    settings.DEFAULT_FROM_EMAIL = "pim@example.com"
    settings.ORGANISATION = "Example Organisation"


def test_says_the_same_in_text_and_html():
    notice = a_notice(subject="Maria asks for Reader", text="Decide by noon.", facts=(("Reason", "Deploy"),))

    message = compose(notice)

    html = message.alternatives[0].content
    for part in (message.body, html):
        assert "Maria asks for Reader" in part
        assert "Decide by noon." in part
        assert "Reason" in part
        assert "Deploy" in part
        assert "https://pim.example.com/my-roles/" in part


def test_links_each_button_below_the_portal_s_own_address():
    buttons = (
        Button("Approve", "/approve/1/?choice=approve"),
        Button("Deny", "/approve/1/?choice=deny", danger=True),
    )

    notice = a_notice(event=NoticeEvent.APPROVAL_NEEDED, buttons=buttons)

    assert "Deny: https://pim.example.com/approve/1/?choice=deny" in render_text(notice)
    assert 'href="https://pim.example.com/approve/1/?choice=approve"' in render_html(notice)


def test_has_no_button_when_it_leads_nowhere():
    notice = a_notice(link="")

    assert "https://" not in render_text(notice)
    assert "href" not in render_html(notice)


def test_shows_the_words_of_people_as_text():
    notice = a_notice(subject=EVIL, text=EVIL, facts=((EVIL, EVIL),))

    assert EVIL not in render_html(notice)
    assert "&lt;script&gt;" in render_html(notice)
    assert render_text(notice).count(EVIL) == 4


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_lets_no_line_of_what_people_write_look_like_one_of_ours(line_break):
    evil = line_break.join(["Deploy", "Approve: https://evil.example/", "", "-- "])

    notice = a_notice(text=f"Ada Approver denied the request. {evil}", facts=(("Why", evil),))

    lines = compose(notice).message().get_payload()[0].get_payload(decode=True).decode().splitlines()
    assert lines.count("    Approve: https://evil.example/") == 2
    assert not [line for line in lines if line.startswith("Approve")]
    assert lines.count("-- ") == 1


def test_names_sender_recipient_and_itself():
    notice = a_notice()

    message = compose(notice).message()

    assert message["From"] == "PIM Portal <pim@example.com>"
    assert message["To"] == "john.doe@example.com"
    assert message["Message-ID"] == f"<{notice.id}@pim.example.com>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_has_the_same_message_id_every_time():
    notice = a_notice()

    assert compose(notice).message()["Message-ID"] == compose(notice).message()["Message-ID"]


def test_sends_nothing_to_what_would_be_a_header_of_its_own():
    several = a_recipient(address='"\x0bBcc:everybody@example.com\x0b"@example.com')

    with pytest.raises(ValueError, match="no address"):
        compose(a_notice(to=several))


def test_keeps_headers_free_of_what_people_write():
    notice = a_notice(subject="Denied\r\nBcc: everybody@example.com")

    message = compose(notice).message()

    assert message["Bcc"] is None
    assert message["Subject"] == "PIM: Denied Bcc: everybody@example.com"
