"""What is left to do until an organisation can rely on its portal: read from what is there."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from django.conf import settings

from apps.access_requests.selectors.approvers import reachable
from apps.accounts.models import User
from apps.administration.policy.installation import can_send_test_mail, can_set_up
from apps.assignments.models import Assignment
from apps.assignments.selectors import holders_of
from apps.common.access import Access
from apps.common.decision import Decision
from apps.common.models import Installation
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice
from apps.roles.built_in import GLOBAL_ADMINISTRATOR
from apps.roles.models import RoleSettings
from apps.roles.selectors import directory

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


def checklist_for(user: User, access: Access, *, now: datetime) -> Checklist | None:
    """For a Global Administrator, until all is done; the demo needs none. A fixed number of queries."""
    if settings.DEMO or not can_set_up(access):
        return None
    steps = steps_done(now=now)
    if steps.done == steps.count:
        return None
    can_send = can_send_test_mail(access, mail_is_kept=settings.MAIL_IS_KEPT)
    return Checklist(steps, _test_mail(user), can_send)


def steps_done(*, now: datetime) -> Steps:
    eligible = Assignment.objects.not_ended(now).eligible()
    return Steps(
        administrators=_administrators(now) >= _ENOUGH_ADMINISTRATORS,
        mail=not settings.MAIL_IS_KEPT and Notice.objects.filter(state=Notice.State.SENT).exists(),
        people=User.objects.count() > _FEW_PEOPLE,
        roles=eligible.exclude(role_id=GLOBAL_ADMINISTRATOR).exists(),
        approvers=RoleSettings.objects.filter(requires_approval=True).exists(),
        backup=BACKUP in confirmed(),
    )


def confirmed() -> dict[str, dict[str, str]]:
    """What administrators say they have done outside the portal, by its word."""
    return Installation.objects.values_list("confirmed", flat=True).first() or {}


def _administrators(now: datetime) -> int:
    """Who is a Global Administrator or can become one, and could show who they are."""
    kinds = (Assignment.Kind.ACTIVE, Assignment.Kind.ELIGIBLE)
    where = directory()
    found = [holders_of([GLOBAL_ADMINISTRATOR], where, kind=kind, now=now) for kind in kinds]
    return len(reachable(user.pk for users in found for user in users))


def _test_mail(user: User) -> Notice | None:
    sent = Notice.objects.inbox_of(user.pk).filter(event=NoticeEvent.TEST_MAIL)
    return sent.order_by("-created_at").first()
