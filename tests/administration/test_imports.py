"""From a file to roles, and back. The worker's own code does the work."""

from datetime import timedelta

import pytest

from apps.access_requests.models import AccessRequest
from apps.access_requests.states import State
from apps.accounts.policy import SecondFactor
from apps.accounts.services.factors import remove_all
from apps.administration.policy.imports import TEMPLATES, Kind
from apps.administration.services.imports.handlers import HANDLERS
from apps.administration.services.imports.planning import plan_import
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.csv import csv_lines
from apps.common.errors import NotAllowed
from apps.jobs.running import run_jobs
from apps.jobs.services import plan_reversal, start_job
from apps.jobs.states import JobState, LineState
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.selectors import directory
from tests.factories import (
    acting,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
    set_rules,
)

pytestmark = pytest.mark.django_db

IN_A_MONTH = "2026-12-24"
DAY = timedelta(days=1)


@pytest.fixture
def tree(now):
    platform = make_resource("Platform", now=now)
    return make_resource("Prod/EU", parent=platform, now=now)


def plan(kind, *rows, by, now):
    content = "".join(csv_lines(TEMPLATES[kind].names, rows)).encode()
    job = plan_import(kind=kind, file_name="staff.csv", content=content, actor=acting(by, now=now), now=now)
    return worked(job, now)


def worked(job, now):
    run_jobs(HANDLERS, clock=lambda: now, until=now + timedelta(seconds=15))
    job.refresh_from_db()
    return job


def applied(job, by, now):
    who = acting(by, now=now)
    factor = SecondFactor(now, device="Phone")
    start_job(job=job, actor=by, access=who.access, second_factor=factor, now=now)
    return worked(job, now)


def line(who, role="Teams Administrator", provider="directory", resource="", kind="eligible", **more):
    period = more.get("starts", ""), more.get("ends", "")
    return (who, role, provider, resource, kind, *period, "For a test", more.get("action", ""))


def verdicts(job):
    return [line.verdict for line in job.lines.order_by("number")]


def reasons(job):
    return [line.reason for line in job.lines.order_by("number")]


def test_plans_what_a_file_would_change(administrator, requester, approver, visitor, now):
    assign(requester, now=now)
    assign(approver, now=now, ends_at=now + timedelta(days=60))

    job = plan(
        Kind.ASSIGNMENTS,
        line("JOHN.DOE@example.com"),
        line(approver.email, ends=IN_A_MONTH),
        line(visitor.email),
        line("nobody@example.com", role="Emperor", kind="always", ends="soon"),
        by=administrator,
        now=now,
    )

    assert job.state == JobState.PLANNED
    assert verdicts(job) == ["same", "changed", "new", "wrong"]
    *_, fault = reasons(job)
    for part in ("“always” is no kind", "“nobody@", "role “Emperor”", "“soon” is no ends_at"):
        assert part in fault
    assert Assignment.objects.filter(role_id=built_in.TEAMS_ADMINISTRATOR).count() == 2


def test_gives_and_changes_what_the_plan_says(administrator, approver, visitor, now):
    assign(approver, now=now, ends_at=now + timedelta(days=60))
    rows = [line(approver.email, ends=IN_A_MONTH), line(visitor.email)]

    job = applied(plan(Kind.ASSIGNMENTS, *rows, by=administrator, now=now), administrator, now)

    assert job.state == JobState.DONE
    rows = Assignment.objects.filter(role_id=built_in.TEAMS_ADMINISTRATOR)
    ends = {row.principal_id: row.ends_at for row in rows}
    assert f"{ends[approver.id]:%Y-%m-%d %H:%M}" == "2026-12-24 00:00"
    assert ends[visitor.id] is None
    added = AuditEvent.objects.get(action=AuditAction.ASSIGNMENT_ADDED, target_name=visitor.name)
    assert added.actor_name == administrator.name
    summary = Notice.objects.get(key=f"job:{job.id}:done")
    assert (summary.recipient_id, summary.text) == (administrator.id, "Applied: 2 of 2 lines.")


def test_tells_each_holder_of_their_own_and_each_admin_once(administrator, approver, visitor, requester, now):
    make_active(approver, built_in.SECURITY_ADMINISTRATOR, now=now)
    Notice.objects.all().delete()
    rows = [line(visitor.email), line(requester.email)]

    applied(plan(Kind.ASSIGNMENTS, *rows, by=administrator, now=now), administrator, now)

    told = Notice.objects.values_list("recipient_name", "subject")
    assert sorted(told) == [
        ("Ada Approver", "PIM: Alma Admin changed 2 assignments from a file"),
        ("Alma Admin", "PIM: Assignments from staff.csv is done"),
        ("John Doe", "PIM: John Doe was permanently assigned the Teams Administrator role"),
        ("Vera Visitor", "PIM: Vera Visitor was permanently assigned the Teams Administrator role"),
    ]


def test_says_that_all_is_there_when_the_same_file_comes_again(administrator, requester, tree, now):
    rows = [
        line(requester.email),
        line(requester.email, "Contributor", "resources", "platform / Prod\\/EU", ends=IN_A_MONTH),
    ]
    applied(plan(Kind.ASSIGNMENTS, *rows, by=administrator, now=now), administrator, now)

    again = plan(Kind.ASSIGNMENTS, *rows, by=administrator, now=now)

    assert verdicts(again) == ["same", "same"]
    assert Assignment.objects.get(role_id=built_in.CONTRIBUTOR).resource == tree


def test_takes_back_what_it_gave_and_changed(administrator, approver, visitor, now):
    before = now + timedelta(days=60)
    assign(approver, now=now, ends_at=before)
    rows = [line(approver.email, ends=IN_A_MONTH), line(visitor.email)]
    job = applied(plan(Kind.ASSIGNMENTS, *rows, by=administrator, now=now), administrator, now)
    later = now + timedelta(minutes=2)

    who = acting(administrator, now=later)
    reversal = worked(plan_reversal(job=job, actor=administrator, access=who.access, now=later), later)
    assert verdicts(reversal) == ["ended", "changed"]
    applied(reversal, administrator, later)

    left = Assignment.objects.not_ended(later).get(role_id=built_in.TEAMS_ADMINISTRATOR)
    assert (left.principal_id, left.ends_at) == (approver.id, before)


def test_gives_again_what_a_reversal_took(administrator, visitor, now):
    job = applied(plan(Kind.ASSIGNMENTS, line(visitor.email), by=administrator, now=now), administrator, now)
    access = acting(administrator, now=now).access
    for minutes in (1, 2):
        at = now + timedelta(minutes=minutes)
        job = plan_reversal(job=job, actor=administrator, access=access, now=at)
        job = applied(worked(job, at), administrator, at)

    assert Assignment.objects.not_ended(at).filter(principal=visitor).count() == 1


def test_leaves_alone_what_was_changed_since(administrator, visitor, now):
    job = applied(plan(Kind.ASSIGNMENTS, line(visitor.email), by=administrator, now=now), administrator, now)
    Assignment.objects.filter(principal=visitor).update(ends_at=now + timedelta(days=3))

    access = acting(administrator, now=now).access
    reversal = worked(plan_reversal(job=job, actor=administrator, access=access, now=now), now)

    assert (verdicts(reversal), reasons(reversal)) == (
        ["wrong"],
        ["This was changed since. It stays as it is."],
    )


def test_judges_each_line_by_the_rights_of_its_moment(administrator, approver, visitor, now):
    make_active(approver, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    job = plan(Kind.ASSIGNMENTS, line(visitor.email), by=approver, now=now)
    access = acting(approver, now=now).access
    start_job(job=job, actor=approver, access=access, second_factor=SecondFactor(now), now=now)
    disable(approver)

    worked(job, now + timedelta(minutes=1))

    applied_line = job.lines.get()
    assert applied_line.state == LineState.FAILED
    assert applied_line.reason == "Your active roles do not manage assignments here."
    assert not Assignment.objects.filter(principal=visitor).exists()


def test_stops_acting_for_whoever_lost_their_factor(administrator, visitor, now):
    job = plan(Kind.ASSIGNMENTS, line(visitor.email), by=administrator, now=now)
    access = acting(administrator, now=now).access
    start_job(job=job, actor=administrator, access=access, second_factor=SecondFactor(now), now=now)
    remove_all(administrator, actor=CONSOLE, now=now)

    worked(job, now + timedelta(minutes=1))

    assert (job.lines.get().state, job.lines.get().reason) == (
        LineState.FAILED,
        "Confirm with your second factor.",
    )


def test_lets_the_factor_count_for_all_of_a_long_job(administrator, visitor, now):
    job = plan(Kind.ASSIGNMENTS, line(visitor.email), by=administrator, now=now)
    access = acting(administrator, now=now).access
    start_job(job=job, actor=administrator, access=access, second_factor=SecondFactor(now), now=now)

    worked(job, now + timedelta(hours=2))

    assert (job.lines.get().state, job.lines.get().reason) == (LineState.DONE, "")


def test_keeps_the_limits_of_the_role(administrator, visitor, now):
    set_rules(now=now, permanent_eligible=False, eligible_maximum_days=15)

    job = plan(
        Kind.ASSIGNMENTS, line(visitor.email), line(visitor.email, kind="active"), by=administrator, now=now
    )

    assert verdicts(job) == ["wrong", "new"]
    assert reasons(job)[0] == "This role may not be assigned permanently. Give an end."


def test_hides_places_that_the_actor_does_not_see(requester, visitor, tree, now):
    own = make_resource("Own", now=now)
    make_active(requester, built_in.RESOURCE_OWNER, own, now=now, ends_at=now + timedelta(days=9))

    job = plan(
        Kind.ASSIGNMENTS,
        line(visitor.email, "Reader", "resources", "Own", ends=IN_A_MONTH),
        line(visitor.email, "Reader", "resources", "Platform/Prod\\/EU", ends=IN_A_MONTH),
        line(visitor.email, "Reader", "resources", "Nowhere", ends=IN_A_MONTH),
        by=requester,
        now=now,
    )

    assert verdicts(job) == ["new", "wrong", "wrong"]
    assert reasons(job)[1:] == [
        "There is no resource “Platform/Prod\\/EU” of resources.",
        "There is no resource “Nowhere” of resources.",
    ]


def test_makes_people_members_and_owners(administrator, requester, visitor, now):
    group = make_group("Operations", now=now)
    rows = [
        ("operations", requester.email, "Member", IN_A_MONTH, ""),
        ("Operations", visitor.email, "owner", IN_A_MONTH, "Keeps it"),
        ("Nobody's", visitor.email, "owner", IN_A_MONTH, ""),
    ]
    set_rules(built_in.GROUP_MEMBER, now=now, active_requires_justification=False)

    job = plan(Kind.MEMBERS, *rows, by=administrator, now=now)
    applied(job, administrator, now)

    assert verdicts(job) == ["new", "new", "wrong"]
    held = Assignment.objects.filter(resource=group.resource).values_list("principal__name", "role__name")
    assert set(held) == {("John Doe", "Member"), ("Vera Visitor", "Owner")}
    assert verdicts(plan(Kind.MEMBERS, *rows, by=administrator, now=now)) == ["same", "same", "wrong"]


def test_takes_away_what_a_file_says(administrator, requester, visitor, now):
    group = make_group("Operations", now=now)
    may_join(requester, group, now=now)
    join(requester, group, now=now, days=60)
    rows = [
        ("Operations", requester.email, "member", "", "Left the team", "remove"),
        ("Operations", visitor.email, "member", "", "", "Remove"),
        ("Operations", visitor.email, "owner", "", "", "lose"),
    ]
    job = plan(Kind.MEMBERS, *rows, by=administrator, now=now)
    assert verdicts(job) == ["ended", "same", "wrong"]
    assert reasons(job)[1:] == ["There is no such assignment.", "“lose” is no action. Use add or remove."]

    job = applied(job, administrator, now)

    held = Assignment.objects.not_ended(now).filter(resource=group.resource)
    assert [row.kind for row in held] == [Assignment.Kind.ELIGIBLE]
    ended = AuditEvent.objects.get(action=AuditAction.ASSIGNMENT_ENDED)
    assert (ended.actor_name, ended.justification) == (administrator.name, "Left the team")
    access, later = acting(administrator, now=now).access, now + timedelta(minutes=1)
    back = worked(plan_reversal(job=job, actor=administrator, access=access, now=later), later)
    applied(back, administrator, later)
    assert held.filter(kind=Assignment.Kind.ACTIVE).get().ends_at == now + timedelta(days=60)


def test_says_which_lines_wait_for_another_admin(administrator, approver, visitor, now):
    make_active(approver, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    job = plan(Kind.ASSIGNMENTS, line(administrator.email), line(visitor.email), by=administrator, now=now)
    assert verdicts(job) == ["waits", "new"]
    assert reasons(job) == ["You would gain by it, so another admin decides.", ""]

    job = applied(job, administrator, now)

    request = AccessRequest.objects.get(state=State.PENDING_ADMIN_DECISION)
    assert (verdicts(job), reasons(job)[0]) == (["waits", "new"], f"Another admin decides: {request.number}.")
    text = "Applied: 2 of 2 lines. 1 of them for another admin to decide."
    assert Notice.objects.get(key=f"job:{job.id}:done").text == text


def test_notes_that_a_line_waits_after_all(administrator, approver, now):
    job = plan(Kind.ASSIGNMENTS, line(administrator.email), by=administrator, now=now)
    make_active(approver, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)

    before, after = verdicts(job), verdicts(applied(job, administrator, now))

    assert (before, after) == (["new"], ["waits"])


def test_takes_files_of_those_who_administer(visitor, now):
    with pytest.raises(NotAllowed):
        plan(Kind.ASSIGNMENTS, line(visitor.email), by=visitor, now=now)


def test_takes_files_of_custom_roles_of_those_who_manage_all_of_a_provider(requester, tree, now):
    make_active(requester, built_in.RESOURCE_OWNER, tree, now=now, ends_at=now + DAY)

    plan(Kind.RESOURCES, ("Platform", "Subscription"), by=requester, now=now)
    with pytest.raises(NotAllowed, match="custom roles"):
        plan(Kind.ROLES, by=requester, now=now)


def test_names_more_than_one_of_a_name(administrator, visitor, now):
    make_group("Twins", now=now)
    make_group("twins", now=now)

    job = plan(Kind.ASSIGNMENTS, line("Twins", resource=directory().name), by=administrator, now=now)

    assert reasons(job) == ["There is more than one person or group “Twins”."]


@pytest.mark.parametrize("count", [2, 20])
def test_judges_any_number_of_lines_with_as_many_queries(
    administrator, now, count, django_assert_num_queries
):
    rows = [line(make_user(now=now, enrolled=False).email) for _ in range(count)]

    with django_assert_num_queries(35):
        job = plan(Kind.ASSIGNMENTS, *rows, by=administrator, now=now)

    assert set(verdicts(job)) == {"new"}


@pytest.mark.parametrize("count", [2, 20])
def test_looks_names_up_at_once(administrator, now, count, django_assert_max_num_queries):
    rows = [line(f"nobody{number}@example.com", "Emperor", resource="Nowhere") for number in range(count)]

    with django_assert_max_num_queries(45):
        plan(Kind.ASSIGNMENTS, *rows, by=administrator, now=now)
