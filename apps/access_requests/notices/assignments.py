"""Whom to tell of what admins give and take, and in which words."""

from __future__ import annotations

from datetime import datetime, tzinfo

from apps.access_requests.models import AccessRequest
from apps.access_requests.notices.cells import admins_of, tell_cells
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.audit.vocabulary import Party
from apps.common.instants import short
from apps.notifications.messages import Message, NoticeEvent
from apps.roles.policy import Audience, NoticeCase, RoleRules


def tell_assigned(request: AccessRequest, *, by: Party, rules: RoleRules, now: datetime) -> None:
    """A person hears what they were given. Members of a group see it in their own list."""
    case = NoticeCase.ACTIVE if request.result.kind == Assignment.Kind.ACTIVE else NoticeCase.ELIGIBLE
    holders = User.objects.filter(pk=request.principal_id)

    def build(zone: tzinfo) -> Message:
        return _assigned(request, by, zone, now)

    admins = [user for user in admins_of(request.resource, now=now) if str(user.id) != by.id]
    people = {Audience.HOLDER: holders, Audience.ADMIN: admins}
    tell_cells(rules, case, people, build, key=f"request:{request.id}:assigned", now=now)


def _assigned(request: AccessRequest, by: Party, zone: tzinfo, now: datetime) -> Message:
    result, name, role = request.result, request.principal.name, request.role.name
    until = f"until {short(result.ends_at, zone, now=now)}" if result.ends_at else "permanently"
    return Message(
        event=NoticeEvent.ROLE_ASSIGNED,
        subject=f"PIM: {name} was assigned the {role} role",
        text=f"{by.name} made {name} {result.get_kind_display().lower()} for {role}, {until}.",
        facts=(("Role", role), ("Where", request.resource.name)),
        link=result.get_absolute_url(),
    )
