"""Each kind of mail about access, as its reader gets it: who, what, where, until when and why."""

import re
from datetime import timedelta
from html import unescape

import pytest

from apps.access_requests.reminders import remind_of_requests
from apps.access_requests.services.door import submit_many
from apps.access_requests.services.settling import settle_all
from apps.access_requests.states import Action
from apps.assignments.models import Assignment
from apps.assignments.reminders import remind_of_ends
from apps.assignments.sweep import write_down_the_clock
from apps.assignments.weekly_digest import send_weekly_digest
from apps.notifications.mail import render_html, render_text
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.access_requests.asking import admin_answer, ask, asking, giving
from tests.factories import acting, activate, answer, assign, make_user, set_rules

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_door")]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def letters(requester, approver, administrator, now, settings):
    """By its subject and its reader, every notice of a few weeks of one person's access."""
    settings.BASE_URL = "https://pim.example.com"
    set_rules(now=now, approvers=(approver, make_user("Berta Approver", now=now)))
    mine = ask(giving(requester, ends_at=now + 30 * DAY), administrator, now=now).result
    said = {"justification": "A channel is broken", "ticket_number": "INC-7"}
    waiting = activate(mine, requester, now=now, **said)
    answer(waiting, approver, now=now + MINUTE, why="Go ahead")
    remind_of_ends(now=now + 50 * MINUTE)
    write_down_the_clock(now=now + 2 * HOUR)
    second = activate(mine, requester, now=now + 3 * HOUR, **said)
    answer(second, approver, now=now + 3 * HOUR, approve=False, why="Use the runbook")
    activate(mine, requester, now=now + 4 * HOUR, **said)
    remind_of_requests(now=now + 16 * HOUR)
    settle_all(now=now + 29 * HOUR)
    reader = assign(requester, built_in.SECURITY_READER, now=now)
    activate(reader, requester, now=now + DAY, justification="Reading the log")
    send_weekly_digest(now=now)
    send_weekly_digest(now=now + 7 * DAY)
    remind_of_ends(now=now + 16 * DAY)
    extending = ask(asking(Action.SELF_EXTEND, mine), requester, now=now + 17 * DAY)
    admin_answer(extending, administrator, now=now + 18 * DAY, approve=False)
    write_down_the_clock(now=now + 31 * DAY)
    more = [giving(make_user(name, now=now)) for name in ("Ann", "Bob")]
    other = make_user("Otto Other", now=now)
    assign(other, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, kind=Assignment.Kind.ACTIVE, now=now)
    submit_many(more, actor=acting(other, now=now), now=now)
    return {(notice.subject, notice.recipient_name): notice for notice in Notice.objects.all()}


# Of each kind to each reader: how it begins, what it says, and where one acts.
LETTERS = [
    (
        "PIM: Review John Doe's request to activate the Teams Administrator role",
        "Ada Approver",
        "John Doe asks to activate the Teams Administrator role. The first answer counts.",
        ["Who", "Role", "Where", "How long", "Starts", "Why", "Ticket", "Request"],
        ["Approve", "Deny"],
    ),
    (
        "PIM: Still to review John Doe's request to activate the Teams Administrator role",
        "Ada Approver",
        "Half of its time is over. John Doe asks to activate the Teams Administrator role.",
        ["Who", "Role", "Where", "How long", "Starts", "Why", "Ticket", "Request"],
        ["Approve", "Deny"],
    ),
    (
        "PIM: John Doe's request for the Teams Administrator role was approved",
        "John Doe",
        "Ada Approver approved the request. John Doe activated Teams Administrator. It ends 14:01 UTC.",
        [
            *("Who", "Role", "Where", "How long", "From", "Until"),
            *("Why", "Ticket", "Decided by", "They say", "Request"),
        ],
        ["Open in PIM Portal"],
    ),
    (
        "PIM: John Doe's request for the Teams Administrator role was denied",
        "Berta Approver",
        "Ada Approver denied the request. Use the runbook",
        ["Who", "Role", "Where", "How long", "Starts", "Why", "Ticket", "Decided by", "Request"],
        ["Open in PIM Portal"],
    ),
    (
        "PIM: Your request for the Teams Administrator role timed out",
        "John Doe",
        "Nobody decided in time. Ask again if you still need the role.",
        ["Who", "Role", "Where", "How long", "Starts", "Why", "Ticket", "Request"],
        ["Ask again"],
    ),
    (
        "PIM: John Doe activated the Security Reader role",
        "Alma Admin",
        "John Doe activated Security Reader. It ends 14:00 UTC.",
        ["Who", "Role", "Where", "How long", "From", "Until", "Why", "Request"],
        ["Open in PIM Portal"],
    ),
    (
        "PIM: Your activation of Teams Administrator ends in 11 min",
        "John Doe",
        "Teams Administrator on Example Organisation ends 14:01 UTC, in 11 min.",
        ["Who", "Role", "Where", "As", "From", "Until"],
        ["Extend"],
    ),
    (
        "PIM: John Doe was assigned the Teams Administrator role",
        "John Doe",
        "Alma Admin made John Doe eligible for Teams Administrator, until 24 Dec 2026, 13:00 UTC.",
        ["Who", "Role", "Where", "As", "From", "Until", "By", "Why"],
        ["Activate"],
    ),
    (
        "PIM: John Doe was permanently assigned the Security Reader role",
        "Alma Admin",
        "Console made John Doe eligible for Security Reader, permanently.",
        ["Who", "Role", "Where", "As", "From", "Until", "By", "Why"],
        ["Open in PIM Portal"],
    ),
    (
        "PIM: Your Teams Administrator role ends in 14 days",
        "John Doe",
        "Teams Administrator on Example Organisation ends 24 Dec 2026, 13:00 UTC, in 14 days.",
        ["Who", "Role", "Where", "As", "From", "Until"],
        ["Extend"],
    ),
    (
        "PIM: John Doe's Teams Administrator role ends in 14 days",
        "Alma Admin",
        "Teams Administrator on Example Organisation ends 24 Dec 2026, 13:00 UTC, in 14 days.",
        ["Who", "Role", "Where", "As", "From", "Until"],
        ["Extend"],
    ),
    (
        "PIM: Review John Doe's request to extend the Teams Administrator role",
        "Alma Admin",
        "John Doe asks to extend the Teams Administrator role. The first answer counts.",
        ["Who", "Role", "Where", "As", "Has it until", "Asked until", "Why", "Request"],
        ["Approve", "Deny"],
    ),
    (
        "PIM: John Doe's request to extend the Teams Administrator role was denied",
        "John Doe",
        "Alma Admin denied the request. Agreed",
        ["Who", "Role", "Where", "As", "Has it until", "Asked until", "Why", "Decided by", "Request"],
        ["Open in PIM Portal"],
    ),
    (
        "PIM: Your Teams Administrator role has ended",
        "John Doe",
        "Teams Administrator on Example Organisation: ended by the clock.",
        ["Who", "Role", "Where", "As", "From", "Until"],
        ["Renew"],
    ),
    (
        "PIM: John Doe's Teams Administrator role has ended",
        "Alma Admin",
        "Teams Administrator on Example Organisation: ended by the clock.",
        ["Who", "Role", "Where", "As", "From", "Until"],
        ["Renew"],
    ),
    (
        "PIM: Otto Other added 2 assignments",
        "Alma Admin",
        "Otto Other added 2 assignments of roles that you manage.",
        ["Why", "Eligible", "Eligible"],
        ["Open in PIM Portal"],
    ),
    (
        "PIM: Your weekly summary",
        "Alma Admin",
        "Directory roles from 23 Nov 2026 to 29 Nov 2026",
        [
            *("Activated a role", "Made permanent", "Assigned"),
            *("1. Global Administrator", "2. Security Reader", "3. Teams Administrator"),
        ],
        ["Take action"],
    ),
]


def test_each_kind_says_who_what_where_until_when_and_why_and_leads_to_where_one_acts(letters):
    for subject, reader, begins, labels, buttons in LETTERS:
        notice = letters[subject, reader]
        assert notice.text.startswith(begins)
        assert [label for label, _ in notice.facts] == labels, subject
        text, html = render_text(notice), unescape(render_html(notice))
        for label, value in notice.facts:
            assert f"{label}: {value}\n" in text
            assert f"<bdi>{value}</bdi>" in html
        assert re.findall(r"^(.+): https://pim\.example\.com/", text, re.MULTILINE) == buttons, subject
        assert re.findall(r'href="https://pim\.example\.com/[^"]+"[^>]*>([^<]+)<', html) == buttons


def test_says_the_facts_of_an_assignment_in_full(letters):
    facts = dict(letters["PIM: John Doe was assigned the Teams Administrator role", "John Doe"].facts)

    assert facts == {
        "Who": "John Doe",
        "Role": "Teams Administrator",
        "Where": "Example Organisation, Directory",
        "As": "Eligible",
        "From": "24 Nov 2026, 13:00 UTC",
        "Until": "24 Dec 2026, 13:00 UTC",
        "By": "Alma Admin",
        "Why": "Needed",
    }
