"""Who hears that an assignment ends soon, and where they extend it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.notices.cells import Letter, case_of, letters, told_by
from apps.assignments.notices.words import facts_of, list_of, to_change, to_extend
from apps.common.instants import short
from apps.common.lookup import present
from apps.common.spans import minutes_in_words
from apps.common.text import counted
from apps.notifications.messages import Button, Message, NoticeEvent
from apps.roles.policy.rules import Audience, RoleRules


def letters_before_the_end(
    row: Assignment, rules: RoleRules, admins: Iterable[User], *, now: datetime
) -> list[Letter]:
    """To its holder, and to these admins of what was assigned. Members of a group see it in their list."""
    holder = [] if row.principal.is_group else [row.principal.user]
    to_holder = letters(
        told_by(rules, case_of(row), Audience.HOLDER, holder), lambda zone: _to_holder(row, zone, now)
    )
    if row.is_activated:
        return to_holder
    told = told_by(rules, case_of(row), Audience.ADMIN, admins)
    return [*to_holder, *letters(told, lambda zone: _to_admin(row, zone, now))]


def _to_holder(row: Assignment, zone: tzinfo, now: datetime) -> Message:
    return _message(row, "Your", row.get_absolute_url(), to_extend(row), zone, now)


def _to_admin(row: Assignment, zone: tzinfo, now: datetime) -> Message:
    link = list_of(row, row.kind)
    return _message(row, f"{row.principal.name}'s", link, to_change("extend", row), zone, now)


def _message(row: Assignment, whose: str, link: str, button: Button, zone: tzinfo, now: datetime) -> Message:
    ends_at, role = present(row.ends_at), row.role.name
    left = left_in_words(ends_at - now)
    what = f"{whose} activation of {role}" if row.is_activated else f"{whose} {role} role"
    ends = short(ends_at, zone, now=now)
    return Message(
        event=NoticeEvent.ACTIVATION_ENDS if row.is_activated else NoticeEvent.ENDS_SOON,
        subject=f"PIM: {what} ends in {left}",
        text=f"{role} on {row.resource.name} ends {ends}, in {left}. Extend it if it is still needed.",
        facts=facts_of(row, zone),
        link=link,
        buttons=(button,),
    )


def left_in_words(left: timedelta) -> str:
    """Rounded up, to what one counts so long a time in: "14 days", "20 h", "15 min"."""
    if left > timedelta(hours=23):
        return counted(-(-left // timedelta(days=1)), "day")
    if left > timedelta(hours=1):
        return minutes_in_words(-(-left // timedelta(hours=1)) * 60)
    return minutes_in_words(-(-left // timedelta(minutes=1)))
