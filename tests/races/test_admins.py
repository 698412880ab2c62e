"""Two admins who each may do what they do, and must not both."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Group, User
from apps.assignments.models import Assignment
from apps.audit.vocabulary import AuditAction
from apps.roles import built_in
from tests.factories import make_active, make_group, make_user
from tests.races.portal import Browser, Send
from tests.races.rounds import is_conflict, went_through

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

REMOVE = reverse("access_requests:change_assignments", args=["remove"])


def removing(row: Assignment, admin: User) -> Send:
    return Browser(admin).pressing(REMOVE, pick=row.pk, justification="Leaves", next="/my-roles/")


def test_leaves_one_of_the_last_two_global_administrators_who_remove_each_other(rounds):
    for turn in rounds:
        now = timezone.now()
        ended = {"ended_at": now, "ended_how": Assignment.End.REMOVED, "ended_by": "The round before"}
        Assignment.objects.filter(ended_at=None).update(**ended)
        ann, bea = (make_user(now=now) for _ in range(2))
        anns, beas = (make_active(one, built_in.GLOBAL_ADMINISTRATOR, now=now) for one in (ann, bea))

        answers = turn.at_once(ann=removing(beas, ann), bea=removing(anns, bea))

        (turn.first,) = [name for name, given in answers.items() if went_through(given)]
        told = answers["bea" if turn.first == "ann" else "ann"]
        if is_conflict(told):
            assert "This is the last Global Administrator." in told.text
        else:  # they were none any more when they pressed
            assert told.status in {403, 404}
        kept = Assignment.objects.get(role_id=built_in.GLOBAL_ADMINISTRATOR, ended_at=None)
        assert kept == (anns if turn.first == "ann" else beas)
        assert turn.events == {AuditAction.REQUEST_SUBMITTED: 1, AuditAction.ASSIGNMENT_ENDED: 1}


def adding(inner: Group, outer: Group, admin: User) -> Send:
    url = reverse("administration:add_to_group", args=[outer.pk])
    fields = {"people": inner.pk, "role": built_in.GROUP_MEMBER, "kind": "active"}
    return Browser(admin).pressing(url, **fields, end="30", justification="One team")


def test_closes_no_ring_of_groups_that_two_admins_nest(rounds, administrator, now):
    other = make_user("Olaf Admin", now=now)
    make_active(other, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    for turn in rounds:
        now = timezone.now()
        one, two = make_group(now=now), make_group(now=now)

        turn.one_of(one=adding(one, two, administrator), two=adding(two, one, other))

        inner, outer = (one, two) if turn.first == "one" else (two, one)
        row = Assignment.objects.get(resource__in=[one.resource, two.resource])
        assert (row.principal_id, row.resource) == (inner.pk, outer.resource)
        assert turn.events == {AuditAction.REQUEST_SUBMITTED: 1, AuditAction.ASSIGNMENT_ADDED: 1}
