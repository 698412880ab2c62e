"""What is left to do until an organisation can rely on its portal: read from what is there."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, Subquery

from apps.access_requests.selectors.approvers import reachable
from apps.accounts.models import User
from apps.administration.policy.installation import can_send_mail, can_set_up
from apps.assignments.membership import people_within
from apps.assignments.models import Assignment
from apps.common.access import DIRECTORY_ID, Access
from apps.common.decision import Decision
from apps.common.models import Installation
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice
from apps.roles.built_in import GLOBAL_ADMINISTRATOR
from apps.roles.models import Resource, RoleSettings

BACKUP = "backup"
_ENOUGH_ADMINISTRATORS = 2
_FEW_PEOPLE = 2  # those who set the portal up


@dataclass(frozen=True)
class Steps:
    """Which of them are done."""

    administrators: bool
    mail: bool
    people: bool
    roles: bool
    approvers: bool
    reviews: bool
    backup: bool

    @property
    def done(self) -> int:
        return sum(getattr(self, step.name) for step in fields(self))

    @property
    def count(self) -> int:
        return len(fields(self))


@dataclass(frozen=True)
class Checklist:
    """The steps; the test mail that this person sent last, if any, and whether they may send one."""

    steps: Steps
    test_mail: Notice | None
    can_send: Decision


def checklist_for(user: User, access: Access, *, reviews: Exists, now: datetime) -> Checklist | None:
    """For a Global Administrator, until all is done; the demo needs none. Four queries once it is. Whether
    there are access `reviews` is for the caller to know, and asked with the rest."""
    if settings.DEMO or not can_set_up(access):
        return None
    steps = steps_done(reviews=reviews, now=now)
    if steps.done == steps.count:
        return None
    can_send = can_send_mail(access, mail_is_kept=settings.MAIL_IS_KEPT)
    return Checklist(steps, last_test_mail(user), can_send)


def steps_done(*, reviews: Exists, now: datetime) -> Steps:
    eligible = Assignment.objects.not_ended(now).eligible()
    found = Resource.objects.values(
        mail=Exists(Notice.objects.filter(state=Notice.State.SENT)),
        people=Exists(User.objects.all()[_FEW_PEOPLE:]),
        roles=Exists(eligible.exclude(role_id=GLOBAL_ADMINISTRATOR)),
        approvers=Exists(RoleSettings.objects.filter(requires_approval=True)),
        reviews=reviews,
        confirmed=Subquery(Installation.objects.values("confirmed")[:1]),
    ).get(pk=DIRECTORY_ID)
    return Steps(
        administrators=_are_enough_administrators(now),
        mail=found["mail"] and not settings.MAIL_IS_KEPT,
        people=found["people"],
        roles=found["roles"],
        approvers=found["approvers"],
        reviews=found["reviews"],
        backup=BACKUP in (found["confirmed"] or {}),
    )


def last_test_mail(user: User) -> Notice | None:
    sent = Notice.objects.inbox_of(user.pk).filter(event=NoticeEvent.TEST_MAIL)
    return sent.order_by("-created_at").first()


def _are_enough_administrators(now: datetime) -> bool:
    """Who is a Global Administrator or can become one, and could show who they are. Groups are looked into
    only where the people who hold it themselves are too few."""
    held = Assignment.objects.current(now).filter(role_id=GLOBAL_ADMINISTRATOR, resource_id=DIRECTORY_ID)
    ids = set(held.values_list("principal_id", flat=True))
    if len(reachable(ids)) >= _ENOUGH_ADMINISTRATORS:
        return True
    within = people_within(ids, now=now).values()
    return len(reachable(frozenset[UUID]().union(*within))) >= _ENOUGH_ADMINISTRATORS
