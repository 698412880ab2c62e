"""Everything that locks anything, about the same few rows at the same moment. Each waits for some of the
others; that none waits in a ring is what the order of locks is for."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.access_requests.services.settling import settle_all
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.sweep import write_down_the_clock
from apps.audit.vocabulary import AuditAction
from apps.roles import built_in
from tests.access_requests.pages import asked
from tests.driving.page import Page
from tests.factories import activate, assign, join, make_active, make_group, make_user, set_rules
from tests.races.portal import Browser, Send
from tests.races.rounds import in_short
from tests.races.test_answers import Asked, tightening

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def removing(row: Assignment, admin: User) -> Send:
    url = reverse("access_requests:change_assignments", args=["remove"])
    return Browser(admin).pressing(url, pick=row.pk, justification="Moved on")


def adding(person: User, group, admin: User) -> Send:
    url = reverse("administration:add_to_group", args=[group.pk])
    fields = {"people": person.pk, "role": built_in.GROUP_MEMBER, "kind": "active"}
    return Browser(admin).pressing(url, **fields, end="30", justification="One team")


def test_nothing_waits_in_a_ring(rounds, approver, administrator, now):
    """A member of a group asks for what the group is eligible for, and has activated something of their own.
    Now the request is approved, they are disabled, they join another group, both eligible assignments end,
    they activate once more, the settings change, and the worker sweeps: all at once."""
    admins = [administrator, *(make_user(now=now) for _ in range(4))]
    for admin in admins[1:]:
        make_active(admin, built_in.GLOBAL_ADMINISTRATOR, now=now)
    for turn in rounds:
        now = timezone.now()
        set_rules(now=now, approvers=(approver,), maximum_half_hours=16)
        group, outer = (make_group(now=now, is_role_assignable=True) for _ in range(2))
        person = make_user(now=now)
        join(person, group, now=now)
        eligible, own = assign(group, now=now), assign(person, built_in.SECURITY_READER, now=now)
        running = activate(own, person, now=now).result
        waiting = Asked(activate(eligible, person, now=now), eligible, person, now)
        disable = reverse("administration:disable_person", args=[person.pk])
        activating = asked(own) | {"pick": own.pk}

        answers = turn.at_once(
            approve=waiting.answer(approver, "approve"),
            disable=Browser(admins[0]).pressing(disable),
            remove=removing(eligible, admins[1]),
            change=tightening(admins[2]),
            nest=adding(person, outer, admins[3]),
            remove_own=removing(own, admins[4]),
            activate=Browser(person).pressing(reverse("access_requests:activate"), **activating),
            sweep=lambda at=running.ends_at: write_down_the_clock(now=at),
            settle=lambda: settle_all(now=timezone.now()),
        )

        pages = [given.status for given in answers.values() if isinstance(given, Page)]
        assert set(pages) <= {302, 403, 404, 409}, in_short(answers)
        assert {answers[name].status for name in ("disable", "remove", "change", "remove_own")} == {302}
        assert not AccessRequest.objects.waiting().filter(requester=person).exists()
        open_ = Assignment.objects.activated().filter(principal=person.principal, ended_at=None)
        assert not open_.exists()
        assert turn.events[AuditAction.PERSON_DISABLED] == 1
