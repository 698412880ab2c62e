"""Who held what: the lines of a day or a period, what stands beside them, who sees them, and the file."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access_requests.asks import Ask, Said
from apps.access_requests.states import Action
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.access import Access, Grant, Permission, Provider
from apps.common.errors import NotAllowed
from apps.portal.reports.export import export_report
from apps.portal.reports.selectors import Held, Holders, Report, each_line, first_lines, report_page
from apps.reviews.states import Answer
from apps.roles import built_in
from tests.access_requests.asking import ask
from tests.factories import activate, answer, assign, join, make_group, make_resource, make_user
from tests.reviews.making import line_of, say, start_review, terms_for

pytestmark = pytest.mark.django_db

TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
BOTH = (Permission.ASSIGNMENTS_READ, Permission.AUDIT_READ)
READER = Access(None, frozenset(Grant(permission, each) for permission in BOTH for each in Provider))


def on(day, **facts):
    midnight = datetime.combine(day.date(), datetime.min.time(), tzinfo=UTC)
    return Report(midnight, midnight + DAY, **facts)


def lines(report, now, access=READER):
    return first_lines(report, access, at_most=1_000, now=now)


def of(principal, report, now, **facts):
    return [line for line in lines(replace(report, **facts), now) if line.holder.id == principal.id]


@pytest.mark.parametrize(
    ("since", "until", "is_in"),
    [(0, 1, True), (-5, 0, False), (-5, 0.5, True), (2, 9, False), (1.9, 9, True), (1, 1.5, True)],
    ids=["its day", "ends as it starts", "ends after", "starts as it ends", "starts before", "inside"],
)
def test_has_what_was_held_at_any_time_of_the_period(requester, now, since, until, is_in):
    assign(requester, now=now, ends_at=now + 2 * DAY)
    report = Report(now + since * DAY, now + until * DAY)

    assert bool(of(requester, report, now + 30 * DAY)) is is_in


def test_leaves_out_what_was_called_off_before_it_began(requester, now):
    row = assign(requester, now=now, starts_at=now + DAY)
    Assignment.objects.filter(pk=row.pk).update(ended_at=now + HOUR, ended_how="removed")

    assert not of(requester, Report(now, now + 9 * DAY), now + 9 * DAY)


def test_says_how_it_was_held_until_when_and_how_it_ended(requester, eligible, now):
    running = activate(eligible, requester, now=now).result
    ended = now + HOUR / 2
    ask(Ask(Action.SELF_DEACTIVATE, assignment_id=running.id, said=Said("Done")), requester, now=ended)

    found = {line.held: line for line in of(requester, on(now), now + DAY)}

    assert set(found) == {"Eligible", "Activated"}
    activated = found["Activated"]
    assert (activated.until, activated.how_it_ended) == (ended, "Deactivated by John Doe")
    assert (found["Eligible"].until, found["Eligible"].how_it_ended) == (eligible.ends_at, "")


def test_says_of_what_the_clock_ended_that_it_did(requester, now):
    assign(requester, now=now, ends_at=now + HOUR)

    [line] = of(requester, on(now), now + DAY)

    assert (line.until, line.how_it_ended) == (now + HOUR, "Ended by the clock")


def test_shows_why_it_was_asked_for_and_who_approved(waiting, approver, requester, now):
    answer(waiting, approver, now=now, why="Known outage")

    [line] = of(requester, on(now), now, held=Held.ACTIVATED)

    assert (line.request, line.request.justification) == (waiting, "A channel is broken")
    assert (line.approval.approver, line.approval.justification) == (approver, "Known outage")


@pytest.fixture
def waiting(requester, eligible, needs_approval, now):
    return activate(eligible, requester, now=now, justification="A channel is broken")


def test_shows_the_last_review_of_it_up_to_then(requester, eligible, approver, administrator, now):
    round_ = start_review(administrator, terms_for(eligible, reviewers=[approver]), now=now)
    say(line_of(round_, eligible), Answer.APPROVE, by=approver, now=now + DAY)

    [before], [after] = (of(requester, on(now + days * DAY), now + 9 * DAY) for days in (0, 1))

    assert before.review is None
    assert (after.review.past, after.review.decided_by) == ("Approved", approver)


def test_shows_the_people_who_were_in_a_group_on_that_day(requester, visitor, now):
    group = make_group("Operators", now=now, is_role_assignable=True)
    assign(group.principal, now=now)
    join(requester, group, now=now, days=2)
    join(visitor, group, now=now + DAY)
    people = replace(on(now), holders=Holders.PEOPLE, held=Held.ELIGIBLE)
    later = now + 9 * DAY

    assert [line.holder for line in lines(on(now, held=Held.ELIGIBLE), later)] == [group.principal]
    assert [line.holder.name for line in lines(people, later)] == ["John Doe"]
    next_day = replace(on(now + DAY), holders=Holders.PEOPLE, held=Held.ELIGIBLE)
    assert [line.holder.name for line in lines(next_day, later)] == ["John Doe", "Vera Visitor"]
    assert [line.holder.name for line in lines(replace(next_day, person=visitor.id), later)] == [
        "Vera Visitor"
    ]


def test_keeps_a_group_with_nobody_in_it(now):
    group = make_group("Operators", now=now, is_role_assignable=True)
    assign(group.principal, now=now)

    assert [line.holder for line in lines(on(now, holders=Holders.PEOPLE), now)] == [group.principal]


def test_narrows_to_a_provider_a_resource_and_a_role(requester, now):
    production = make_resource("Production", now=now)
    until = now + DAY
    inside = assign(
        requester, built_in.READER, make_resource(parent=production, now=now), now=now, ends_at=until
    )
    outside = assign(requester, built_in.READER, make_resource(now=now), now=now, ends_at=until)
    other = assign(requester, now=now)

    def found(**facts):
        return {line.item for line in of(requester, on(now), now, **facts)}

    assert found() == {inside, outside, other}
    assert found(provider="resources") == {inside, outside}
    assert found(provider="resources", path=production.path) == {inside}
    assert found(role=built_in.READER) == {inside, outside}
    assert found(words="doe production") == set()
    assert found(words="john teams") == {other}


@pytest.mark.parametrize("missing", BOTH)
def test_shows_nothing_where_one_of_the_two_rights_is_missing(requester, eligible, now, missing):
    reader = Access(None, frozenset(grant for grant in READER.grants if grant.permission != missing))

    assert not lines(on(now), now, reader)


def test_shows_a_keeper_their_own_place_alone(requester, now):
    kept, other = make_resource("Kept", now=now), make_resource("Other", now=now)
    for place in (kept, other):
        assign(requester, built_in.READER, place, now=now, ends_at=now + DAY)
    keeper = Access(None, frozenset(Grant(each, Provider.RESOURCES, kept.path) for each in BOTH))

    assert {line.item.resource for line in lines(on(now), now, keeper)} == {kept}


def test_writes_down_who_took_the_file_and_has_every_line_in_it(waiting, approver, requester, now):
    answer(waiting, approver, now=now, why="=1+1")

    file = "".join(export_report(on(now, words="doe"), actor=approver.party, access=READER, now=now))

    found = list(csv.DictReader(io.StringIO(file.lstrip("\ufeff"))))
    [line] = [line for line in found if line["Held as"] == "Activated"]
    assert len(found) == len(lines(on(now, words="doe"), now)) == 2
    assert (line["Holder"], line["Approved by"], line["Reason"]) == (
        "John Doe",
        "Ada Approver",
        "A channel is broken",
    )
    assert line["Approver's reason"] == "'=1+1"
    event = AuditEvent.objects.get(action=AuditAction.REPORT_EXPORTED)
    assert event.actor_id == str(approver.id)
    assert event.details["selection"]["words"] == "doe"


def test_hands_no_file_to_whoever_may_not_read_the_log(requester, now):
    with pytest.raises(NotAllowed):
        export_report(on(now), actor=requester.party, access=Access(None, frozenset()), now=now)

    assert not AuditEvent.objects.filter(action=AuditAction.REPORT_EXPORTED).exists()


def test_costs_the_same_queries_for_few_and_many(requester, now):
    def holders(count):
        group = make_group(now=now, is_role_assignable=True)
        assign(group.principal, now=now)
        for _ in range(count):
            person = make_user(now=now, enrolled=False)
            assign(person, now=now)
            join(person, group, now=now)

    def cost():
        report = on(now, holders=Holders.PEOPLE)
        with CaptureQueriesContext(connection) as queries:
            report_page(report, READER, now=now)
            list(each_line(report, READER, now=now))
        return len(queries)

    holders(2)
    few = cost()
    holders(18)

    assert cost() == few
