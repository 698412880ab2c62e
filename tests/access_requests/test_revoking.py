"""Taking everything from a person in one step, and what stays."""

from datetime import timedelta

import pytest

from apps.access_requests.asks import Said
from apps.access_requests.services.door import assess_many
from apps.access_requests.services.revoking import revoke_all
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.access_requests.asking import ask, asking, giving
from tests.factories import (
    acting,
    activate,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    set_rules,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LEFT = Said("Left the company")


def test_takes_what_is_active_eligible_and_waiting(requester, administrator, approver, now):
    activate(assign(requester, built_in.SECURITY_READER, now=now), requester, now=now)
    group = make_group(now=now, is_role_assignable=True)
    assign(group, built_in.GLOBAL_READER, now=now)
    join(requester, group, now=now)
    (of_group,) = Assignment.objects.filter(principal=group)
    activate(of_group, requester, now=now)
    set_rules(now=now, approvers=(approver,))
    waiting = activate(assign(requester, now=now), requester, now=now)

    answers = revoke_all(requester, actor=acting(administrator, now=now), said=LEFT, now=now)

    assert [answer.error for answer in answers] == [None] * 6
    held = holdings_of(requester, now=now)
    assert (held.eligible, held.active) == ((), ())
    assert not Assignment.objects.not_ended(now).filter(principal=requester.principal).exists()
    waiting.refresh_from_db()
    assert waiting.state == State.CANCELED
    ended = AuditEvent.objects.filter(action=AuditAction.ASSIGNMENT_ENDED, target_id=str(requester.id))
    assert {event.justification for event in ended} == {"Left the company"}


def test_leaves_what_lies_elsewhere_and_says_so(requester, visitor, now):
    own = make_resource(now=now)
    make_active(visitor, built_in.RESOURCE_OWNER, own, now=now, ends_at=now + DAY)
    assign(requester, built_in.CONTRIBUTOR, own, now=now, ends_at=now + DAY)
    kept = assign(requester, now=now)

    answers = revoke_all(requester, actor=acting(visitor, now=now), said=LEFT, now=now)

    stays = [(answer.assignment, answer.error.rules) for answer in answers if answer.error]
    assert stays == [(kept, ("AdminRequestRule",))]
    assert list(Assignment.objects.not_ended(now).filter(principal=requester.principal)) == [kept]


def test_leaves_the_last_administrator(administrator, now):
    other = make_user(now=now)
    make_active(other, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)

    answers = revoke_all(administrator, actor=acting(other, now=now), said=LEFT, now=now)

    assert [answer.error.rules for answer in answers] == [("LastAdminRule",)]
    assert holdings_of(administrator, now=now).active


def test_tells_the_person_and_each_admin_once(requester, administrator, now):
    other = make_user("Olaf Admin", now=now)
    make_active(other, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    eligible = assign(requester, built_in.SECURITY_READER, now=now)
    activate(eligible, requester, now=now)
    ending = assign(requester, now=now, ends_at=now + DAY)
    ask(asking(Action.SELF_EXTEND, ending), requester, now=now)
    before = set(Notice.objects.values_list("pk", flat=True))

    revoke_all(requester, actor=acting(administrator, now=now), said=LEFT, now=now)

    told = {each.recipient_id: each for each in Notice.objects.exclude(pk__in=before)}
    assert set(told) == {requester.pk, other.pk}
    assert Notice.objects.exclude(pk__in=before).count() == 2
    assert [tuple(fact) for fact in told[requester.pk].facts] == [
        ("Why", "Left the company"),
        ("Eligible", "Security Reader on Example Organisation"),
        ("Eligible", "Teams Administrator on Example Organisation"),
        ("Activated", "Security Reader on Example Organisation"),
        ("Request", "Teams Administrator on Example Organisation"),
    ]
    assert "took 3 assignments of roles that you manage from John Doe." in told[other.pk].text


def test_tells_nobody_where_nothing_goes(administrator, now):
    other = make_user(now=now)
    make_active(other, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    before = Notice.objects.count()

    revoke_all(administrator, actor=acting(other, now=now), said=LEFT, now=now)

    assert Notice.objects.count() == before


def test_foresees_each_of_many(requester, administrator, now):
    make_active(make_user(now=now), built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    row = assign(requester, now=now)
    asks = [
        giving(administrator),
        giving(requester),
        giving(requester, built_in.SECURITY_READER),
        asking(Action.ADMIN_REMOVE, row),
        giving(requester, built_in.CONTRIBUTOR),
    ]
    before = AuditEvent.objects.count()

    found = assess_many(asks, actor=acting(administrator, now=now), now=now)

    assert [(each.waits, each.decision.rules) for each in found] == [
        (True, ()),
        (False, ("RoleAssignmentExists",)),
        (False, ()),
        (False, ()),
        (False, ("RoleNotFound", "ExpirationRule")),
    ]
    assert AuditEvent.objects.count() == before
