"""What an admin would gain by waits for another admin, who gains nothing by it."""

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.services.deciding import decide
from apps.access_requests.services.door import submit
from apps.access_requests.services.people import disable_person
from apps.access_requests.services.settling import settle_all
from apps.access_requests.states import Action, State
from apps.accounts.policy import NO_FACTOR
from apps.accounts.services.factors import remove_all
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.access import Permission, Provider
from apps.common.errors import Conflict, NotAllowed
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.services.custom_roles import change_role, create_role
from apps.roles.services.resources import move_resource
from tests.access_requests.asking import admin_answer, admin_verdict, ask, asking, giving
from tests.access_requests.looking import told
from tests.factories import (
    acting,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
    set_rules,
)

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ACTIVE, ELIGIBLE = Assignment.Kind.ACTIVE, Assignment.Kind.ELIGIBLE


@pytest.fixture
def other(administrator, now):
    other = make_user("Olaf Admin", now=now)
    make_active(other, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now, ends_at=now + 90 * DAY)
    return other


@pytest.fixture
def own(administrator, other, now):
    """The administrator asks for a role for themself."""
    return ask(giving(administrator), administrator, now=now)


def test_waits_for_the_other_admin(own, administrator, other, now):
    assert (own.state, own.result) == (State.PENDING_ADMIN_DECISION, None)
    assert own.deadline_at == now + DAY
    assert not administrator.assignments.filter(role_id=built_in.TEAMS_ADMINISTRATOR).exists()
    assert told(NoticeEvent.APPROVAL_NEEDED) == {other.email}
    notice = Notice.objects.get(event=NoticeEvent.APPROVAL_NEEDED)
    assert notice.subject == (
        "PIM: Review Alma Admin's request to give themself the Teams Administrator role"
    )


def test_gives_it_when_the_other_admin_approves(own, administrator, other, now):
    decided = admin_answer(own, other, now=now + MINUTE)

    assert decided.state == State.PROVISIONED
    assert (decided.result.principal_id, decided.result.kind) == (administrator.id, ELIGIBLE)
    assert told(NoticeEvent.REQUEST_APPROVED) == {administrator.email}


def _through_a_group(admin, now):
    group = make_group(now=now, is_role_assignable=True)
    join(admin, group, now=now)
    return giving(group)


def _through_a_group_they_may_join(admin, now):
    group = make_group(now=now, is_role_assignable=True)
    may_join(admin, group, now=now)
    return giving(group)


def _through_a_group_in_a_group(admin, now):
    inner, outer = make_group(now=now), make_group(now=now)
    join(admin, inner, now=now)
    join(inner, outer, now=now)
    return giving(outer, built_in.CONTRIBUTOR, make_resource(now=now), ends_at=now + DAY, kind=ACTIVE)


def _by_joining_a_group(admin, now):
    group = make_group(now=now)
    return giving(admin, built_in.GROUP_MEMBER, group.resource, ends_at=now + DAY, kind=ACTIVE)


def _by_extending_what_they_hold(admin, now):
    return asking(Action.ADMIN_EXTEND, assign(admin, now=now, ends_at=now + DAY), ends_at=now + 2 * DAY)


def _by_making_it_active(admin, now):
    return asking(Action.ADMIN_UPDATE, assign(admin, now=now), kind=ACTIVE)


def _by_making_it_permanent(admin, now):
    return asking(Action.ADMIN_UPDATE, assign(admin, now=now, ends_at=now + DAY))


@pytest.mark.parametrize(
    "gain",
    [
        _through_a_group,
        _through_a_group_they_may_join,
        _through_a_group_in_a_group,
        _by_joining_a_group,
        _by_extending_what_they_hold,
        _by_making_it_active,
        _by_making_it_permanent,
    ],
    ids=lambda case: case.__name__[1:],
)
def test_waits_whatever_the_way_to_it(administrator, now, gain):
    second = make_user("Gil Global", now=now)
    make_active(second, built_in.GLOBAL_ADMINISTRATOR, now=now)
    before = Assignment.objects.count()
    wanted = gain(administrator, now)
    before = Assignment.objects.count()

    request = ask(wanted, administrator, now=now)

    assert request.state == State.PENDING_ADMIN_DECISION
    assert Assignment.objects.count() == before
    assert admin_answer(request, second, now=now).state == State.PROVISIONED


def test_does_not_wait_for_what_only_shortens(administrator, other, now):
    row = assign(administrator, now=now)

    request = ask(asking(Action.ADMIN_UPDATE, row, ends_at=now + DAY), administrator, now=now)

    assert request.state == State.PROVISIONED


def test_does_not_wait_from_the_console(administrator, other, now):
    assert submit(giving(administrator), actor=THE_CONSOLE, now=now).state == State.PROVISIONED


def test_is_decided_by_nobody_who_would_gain_by_it(administrator, other, now):
    group = make_group(now=now, is_role_assignable=True)
    for admin in (administrator, other):
        join(admin, group, now=now)
    third = make_user("Gil Global", now=now)
    make_active(third, built_in.GLOBAL_ADMINISTRATOR, now=now)
    request = ask(giving(group), administrator, now=now)

    for nobody, reason in ((administrator, "own request"), (other, "would hold this too")):
        with pytest.raises(NotAllowed, match=reason):
            admin_answer(request, nobody, now=now)
    assert admin_answer(request, third, now=now).state == State.PROVISIONED


def test_is_decided_by_nobody_without_the_right(own, visitor, auditor, approver, now):
    for nobody in (visitor, auditor, approver):
        with pytest.raises(NotAllowed, match="not an approver"):
            admin_answer(own, nobody, now=now)


def test_asks_for_a_second_factor_and_a_reason_to_decide(own, other, now):
    actor = acting(other, now=now)
    verdict = admin_verdict(own, now)
    bare = type(actor).person(other, access=actor.access, second_factor=NO_FACTOR)
    silent = type(verdict)(own.id, True, verdict.digest)

    with pytest.raises(NotAllowed) as refused:
        decide(silent, actor=bare, now=now)

    assert refused.value.rules == ("MfaRule", "JustificationRule")


def test_shows_what_has_changed_before_it_is_decided(own, other, now):
    verdict = admin_verdict(own, now)
    set_rules(now=now, permanent_eligible=False)

    with pytest.raises(Conflict, match="have changed"):
        decide(verdict, actor=acting(other, now=now), now=now)


def test_says_who_was_faster(own, other, now):
    third = make_user("Gil Global", now=now)
    make_active(third, built_in.GLOBAL_ADMINISTRATOR, now=now)
    verdict = admin_verdict(own, now)
    admin_answer(own, third, now=now)

    with pytest.raises(Conflict, match=r"^Gil Global was faster and approved this request at"):
        decide(verdict, actor=acting(other, now=now), now=now)


def test_asks_once_at_a_time(own, administrator, now):
    with pytest.raises(NotAllowed) as refused:
        ask(giving(administrator), administrator, now=now)

    assert refused.value.rules == ("PendingRoleAssignmentRequest",)


def test_is_cancelled_with_the_account_of_whoever_asked(administrator, other, now):
    group = make_group(now=now, is_role_assignable=True)
    join(other, group, now=now)
    request = ask(giving(group), other, now=now)

    disable_person(other.id, actor=administrator.party, now=now)

    request.refresh_from_db()
    assert request.state == State.CANCELED


def test_lapses_like_any_request(own, now):
    assert settle_all(now=now + DAY) == 1

    own.refresh_from_db()
    assert own.state == State.TIMED_OUT


# ---- Nobody else -------------------------------------------------------------------------------------------


def test_is_done_with_nobody_else_and_everybody_hears(administrator, now):
    far = make_user("Ferdi Far", now=now, enrolled=False)
    make_active(far, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)

    request = ask(giving(administrator), administrator, now=now)

    assert request.state == State.PROVISIONED
    event = AuditEvent.objects.get(action=AuditAction.GRANTED_ONESELF)
    assert event.actor_id == event.target_id == str(administrator.id)
    assert event.sentence == (
        "Alma Admin gave themself Teams Administrator on Example Organisation; nobody else could decide."
    )
    warning = Notice.objects.get(key=f"request:{request.id}:own")
    assert warning.address == far.email


def test_waits_for_an_admin_who_would_have_to_activate_first(administrator, now):
    far = make_user("Eva Eligible", now=now)
    assign(far, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)

    request = ask(giving(administrator), administrator, now=now)

    assert request.state == State.PENDING_ADMIN_DECISION
    notice = Notice.objects.get(event=NoticeEvent.APPROVAL_NEEDED)
    assert (notice.address, "Activate your own role first" in notice.text) == (far.email, True)


def _disabled(administrator, other, now):
    disable_person(other.id, actor=administrator.party, now=now)


def _reset(administrator, other, now):
    remove_all(other, actor=administrator.party, now=now)


def _removed(administrator, other, now):
    (row,) = other.assignments.all()
    ask(Ask(Action.ADMIN_REMOVE, assignment_id=row.id), administrator, now=now)


def _cut_short(administrator, other, now):
    (row,) = other.assignments.all()
    ask(asking(Action.ADMIN_UPDATE, row, ends_at=now + 5 * MINUTE), administrator, now=now)


def _taken_out_of_the_group(administrator, other, now):
    (row,) = other.assignments.all()
    group = make_group(now=now, is_role_assignable=True)
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=row.id), actor=THE_CONSOLE, now=now)
    make_active(group, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now, ends_at=now + 90 * DAY)
    member = join(other, group, now=now)
    ask(Ask(Action.ADMIN_REMOVE, assignment_id=member.id), administrator, now=now)


def _emptied_their_role(administrator, other, now):
    (row,) = other.assignments.all()
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=row.id), actor=THE_CONSOLE, now=now)
    granted = {(Provider.DIRECTORY, Permission.ASSIGNMENTS_MANAGE)}
    role = create_role(provider=Provider.DIRECTORY, name="Keeper", granted=granted, actor=CONSOLE, now=now)
    make_active(other, role.id, now=now, ends_at=now + 90 * DAY)
    change_role(role=role, name="Reader", granted=(), actor=administrator.party, now=now)


@pytest.mark.parametrize(
    "keep_away",
    [_disabled, _reset, _removed, _cut_short, _taken_out_of_the_group, _emptied_their_role],
    ids=lambda case: case.__name__[1:],
)
def test_still_counts_whom_the_admin_has_just_kept_from_deciding(administrator, other, now, keep_away):
    keep_away(administrator, other, now)
    later = now + HOUR

    assert ask(giving(administrator), administrator, now=later).state == State.PENDING_ADMIN_DECISION
    settle_all(now=now + 7 * DAY)
    assert ask(giving(administrator), administrator, now=now + 7 * DAY).state == State.PROVISIONED


def test_still_counts_whoever_kept_the_place_that_a_resource_was_moved_away_from(administrator, now):
    platform, yard = make_resource("Platform", now=now), make_resource("Yard", now=now)
    shop = make_resource("Shop", parent=platform, now=now)
    cart = make_resource("Cart", parent=shop, now=now)
    make_active(make_user(now=now), built_in.RESOURCE_OWNER, platform, now=now, ends_at=now + 90 * DAY)
    move_resource(resource=shop, parent=yard, actor=administrator.party, now=now)
    cart.refresh_from_db()
    own = giving(administrator, built_in.CONTRIBUTOR, cart, ends_at=now + 30 * DAY)

    assert ask(own, administrator, now=now + HOUR).state == State.PENDING_ADMIN_DECISION
    settle_all(now=now + 7 * DAY)
    assert ask(own, administrator, now=now + 7 * DAY).state == State.PROVISIONED


def test_does_not_count_whom_somebody_else_has_removed(administrator, other, now):
    (row,) = other.assignments.all()
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=row.id), actor=THE_CONSOLE, now=now)

    assert ask(giving(administrator), administrator, now=now).state == State.PROVISIONED
    assert AccessRequest.objects.waiting().count() == 0
