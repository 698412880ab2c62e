"""Notices: who is told what by each event, in whose words and time zone."""

from datetime import timedelta

import pytest

from apps.access_requests.services.settling import settle_all
from apps.access_requests.services.withdrawing import cancel
from apps.assignments.models import Assignment
from apps.common.errors import NotAllowed
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.models import NotificationCell, RoleSettings
from apps.roles.policy.rules import Audience, NoticeCase
from tests.factories import (
    acting,
    activate,
    answer,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    set_rules,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_door")]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def other(now):
    return make_user("Berta Approver", now=now)


@pytest.fixture
def two_approvers(approver, other, now):
    set_rules(now=now, approvers=(approver, other))


def told(event):
    return sorted(Notice.objects.filter(event=event).values_list("address", flat=True))


def addresses(*people):
    return sorted(person.email for person in people)


def cell(case, audience, now, **values):
    set_rules(now=now)
    NotificationCell.objects.create(
        settings=RoleSettings.objects.get(role=built_in.TEAMS_ADMINISTRATOR),
        case=case,
        audience=audience,
        **values,
    )


# ---- Asking ------------------------------------------------------------------------------------------------


def test_asks_every_approver_and_nobody_else(
    requester, approver, other, administrator, eligible, two_approvers, now
):
    activate(eligible, requester, now=now)

    assert told("approval_needed") == addresses(approver, other)
    assert told("role_activated") == []


def test_shows_the_approver_everything_that_is_asked(requester, approver, eligible, needs_approval, now):
    request = activate(eligible, requester, now=now, justification="Broken", ticket_number="INC-7")

    notice = Notice.objects.get(event="approval_needed")
    assert notice.subject == "PIM: Review John Doe's request to activate the Teams Administrator role"
    assert notice.text.startswith("John Doe asks to activate the Teams Administrator role. The first answer")
    facts = dict(notice.facts)
    assert (facts["Who"], facts["Role"], facts["How long"]) == ("John Doe", "Teams Administrator", "1 h")
    assert (facts["Why"], facts["Ticket"], facts["Starts"]) == ("Broken", "INC-7", "When approved")
    assert facts["Request"] == request.number


def test_links_to_the_page_that_decides_and_nowhere_else(requester, eligible, needs_approval, now):
    request = activate(eligible, requester, now=now)

    notice = Notice.objects.get(event="approval_needed")
    assert notice.link == request.get_decide_url()
    assert {button["path"].split("?")[0] for button in notice.buttons} == {request.get_decide_url()}


def test_says_when_it_lapses_in_each_readers_time_zone(requester, approver, eligible, now):
    berlin = make_user("Bea Berlin", now=now, time_zone="Europe/Berlin")
    set_rules(now=now, approvers=(approver, berlin))

    activate(eligible, requester, now=now)

    texts = {notice.address: notice.text for notice in Notice.objects.filter(event="approval_needed")}
    assert "It times out 25 Nov 2026, 13:00 UTC." in texts[approver.email]
    assert "It times out 25 Nov 2026, 14:00 CET." in texts[berlin.email]


def test_tells_those_who_must_activate_first_to_do_so(requester, eligible, now):
    alma = make_user("Alma", now=now)
    assign(alma, built_in.GLOBAL_ADMINISTRATOR, now=now)
    set_rules(now=now, requires_approval=True)

    activate(eligible, requester, now=now)

    notice = Notice.objects.get(event="approval_needed")
    assert notice.address == alma.email
    assert "Activate your own role first, then decide." in notice.text


# ---- Answering ---------------------------------------------------------------------------------------------


def test_tells_the_requester_and_the_other_approver_of_a_yes(
    requester, approver, other, administrator, eligible, two_approvers, now
):
    answer(activate(eligible, requester, now=now), approver, now=now, why="Go ahead")

    assert told("request_approved") == addresses(requester, other)
    assert told("role_activated") == addresses(administrator)
    notice = Notice.objects.get(event="request_approved", recipient_id=requester.id)
    sentences = (
        "Ada Approver approved the request. John Doe activated Teams Administrator. It ends 14:00 UTC."
    )
    assert notice.text == sentences
    assert dict(notice.facts) | {"Decided by": "Ada Approver", "They say": "Go ahead"} == dict(notice.facts)


def test_tells_an_admin_who_approves_too_only_once(requester, approver, administrator, eligible, now):
    set_rules(now=now, approvers=(approver, administrator))

    answer(activate(eligible, requester, now=now), approver, now=now)

    assert told("request_approved") == addresses(requester, administrator)
    assert told("role_activated") == []


def test_tells_the_requester_and_the_other_approver_of_a_no_with_its_reason(
    requester, approver, other, eligible, two_approvers, now
):
    answer(activate(eligible, requester, now=now), approver, now=now, approve=False, why="Use the runbook")

    assert told("request_denied") == addresses(requester, other)
    texts = set(Notice.objects.filter(event="request_denied").values_list("text", flat=True))
    assert texts == {"Ada Approver denied the request. Use the runbook"}


def test_tells_the_requester_alone_when_nobody_answered(requester, eligible, two_approvers, now):
    activate(eligible, requester, now=now)

    settle_all(now=now + DAY)

    assert told("request_timed_out") == addresses(requester)


def test_tells_nobody_of_what_the_requester_withdrew(requester, eligible, two_approvers, now):
    request = activate(eligible, requester, now=now)

    cancel(request.id, actor=acting(requester, now=now), now=now)

    assert told("request_canceled") == []


# ---- Activating --------------------------------------------------------------------------------------------


def test_tells_the_holder_and_the_admins_of_the_directory(
    requester, administrator, auditor, visitor, eligible, now
):
    for role_id in (built_in.PRIVILEGED_ROLE_ADMINISTRATOR, built_in.SECURITY_ADMINISTRATOR):
        make_active(visitor, role_id, now=now)

    activate(eligible, requester, now=now)

    assert told("role_activated") == addresses(requester, administrator, visitor)
    texts = set(Notice.objects.filter(event="role_activated").values_list("text", flat=True))
    assert texts == {"John Doe activated Teams Administrator. It ends 14:00 UTC."}


def test_tells_the_keepers_of_the_resource_and_of_those_above(
    requester, approver, visitor, administrator, now
):
    top, until = make_resource(now=now), now + 30 * DAY
    below, beside = (make_resource(now=now, parent=top) for _ in range(2))
    make_active(approver, built_in.RESOURCE_OWNER, top, now=now, ends_at=until)
    make_active(visitor, built_in.USER_ACCESS_ADMINISTRATOR, beside, now=now, ends_at=until)
    eligible = assign(requester, built_in.CONTRIBUTOR, below, now=now, ends_at=until)

    activate(eligible, requester, now=now)

    assert told("role_activated") == addresses(requester, approver)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"starts_at": HOUR}, "John Doe activates Teams Administrator from 14:00 UTC until 15:00 UTC."),
        ({"minutes": 480}, "John Doe activated Teams Administrator. It ends 21:00 UTC."),
    ],
)
def test_says_from_and_until_when(requester, eligible, now, facts, text):
    facts = {name: now + value if name == "starts_at" else value for name, value in facts.items()}

    activate(eligible, requester, now=now, **facts)

    assert Notice.objects.get(event="role_activated").text == text


def test_says_that_it_was_extended(requester, eligible, now):
    running = activate(eligible, requester, now=now).result

    activate(eligible, requester, now=now + MINUTE, extends_id=running.id, minutes=120)

    texts = Notice.objects.filter(event="role_activated").values_list("text", flat=True)
    assert "John Doe extended Teams Administrator. It now ends 15:01 UTC." in texts


# ---- The notification matrix -------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", [Audience.HOLDER, Audience.ADMIN])
@pytest.mark.parametrize("values", [{"default_recipients": False}, {"critical_only": True}])
def test_leaves_out_whom_the_matrix_leaves_out(requester, administrator, eligible, now, audience, values):
    cell(NoticeCase.ACTIVATION, audience, now, **values)

    activate(eligible, requester, now=now)

    left = administrator if audience == Audience.HOLDER else requester
    assert told("role_activated") == addresses(left)


def test_tells_additional_addresses_with_the_default_ones(requester, eligible, now):
    cell(NoticeCase.ACTIVATION, Audience.ADMIN, now, additional_recipients="desk@example.com")

    activate(eligible, requester, now=now)

    assert told("role_activated") == ["desk@example.com", requester.email]


def test_asks_no_additional_address_for_approval(requester, approver, eligible, needs_approval, now):
    settings = RoleSettings.objects.get(role=built_in.TEAMS_ADMINISTRATOR)
    settings.cells.create(
        case=NoticeCase.ACTIVATION, audience=Audience.APPROVER, additional_recipients="desk@example.com"
    )

    activate(eligible, requester, now=now)

    assert told("approval_needed") == addresses(approver)


# ---- Assigning ---------------------------------------------------------------------------------------------


def test_tells_a_person_what_they_were_given(requester, administrator, now):
    assign(requester, now=now, ends_at=now + DAY)

    texts = {notice.address: notice.text for notice in Notice.objects.filter(event="role_assigned")}
    words = "Console made John Doe eligible for Teams Administrator, until 25 Nov 2026, 13:00 UTC."
    assert texts[requester.email] == words
    assert texts[administrator.email] == words


def test_tells_the_admins_and_no_member_when_a_group_is_given_something(requester, administrator, now):
    group = make_group(now=now, is_role_assignable=True)
    join(requester, group, now=now)
    Notice.objects.all().delete()

    assign(group, now=now)

    assert told("role_assigned") == addresses(administrator)


def test_tells_nobody_of_what_was_refused(requester, eligible, needs_approval, now):
    before = Notice.objects.count()

    with pytest.raises(NotAllowed, match="At least 5 min"):
        activate(eligible, requester, now=now, minutes=1)

    assert Notice.objects.count() == before
    assert not Assignment.objects.activated().exists()
