import pytest

from apps.notifications.messages import Button, Message, NoticeEvent

FOREIGN = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "evil",
    "@evil.example",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("path", FOREIGN)
def test_refuses_a_link_that_could_leave_the_portal(path):
    with pytest.raises(ValueError, match="no path of this portal"):
        Message(NoticeEvent.ROLE_ENDED, "Subject", "Text", link=path)


@pytest.mark.parametrize("path", [*FOREIGN, ""])
def test_refuses_a_button_that_could_leave_the_portal(path):
    with pytest.raises(ValueError, match="no path of this portal"):
        Button("Open", path)


def test_allows_a_message_that_leads_nowhere():
    assert Message(NoticeEvent.ACCOUNT_CHANGED, "Subject", "Text", link="").link == ""
