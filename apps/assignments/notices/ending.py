"""Who hears that an assignment has ended: its holder, and the admins of what they gave; and webhooks, whoever
it was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.notices.cells import Build, admins_of, case_of, tell_cells
from apps.assignments.notices.words import facts_of, list_of, to_change, to_renew
from apps.audit.vocabulary import CLOCK, Party
from apps.notifications.messages import Button, Message, NoticeEvent
from apps.roles.policy.rules import Audience
from apps.roles.selectors import rules_for

Told = dict[Audience, tuple[Iterable[User], Build]]


def key_of_end(row: Assignment) -> str:
    """Under which everybody is told that it has ended."""
    return f"assignment:{row.id}:ended"


def tell_ended(row: Assignment, *, by: Party, reason: str, now: datetime) -> None:
    """Whoever loses it hears by whom and why, unless they gave it back. Members of a group do not: their own
    list says it. That the clock ended what an admin had given, the admins hear, too."""
    ended = _Ended(row, by, reason, now)
    told: Told = {}
    if by.id != str(row.principal_id) and not _went_with_its_ground(row):
        told[Audience.HOLDER] = (User.objects.filter(pk=row.principal_id), ended.to_holder)
    if _has_lapsed(row):
        told[Audience.ADMIN] = (admins_of(row.resource, now=now), ended.to_admin)
    ended.tell(told, announced=ended.to_admin(UTC))


def tell_admins_of_removal(row: Assignment, *, by: Party, reason: str, now: datetime) -> None:
    """The other admins hear that one of them took it away."""
    ended = _Ended(row, by, reason, now)
    others = [user for user in admins_of(row.resource, now=now) if str(user.id) != by.id]
    ended.tell({Audience.ADMIN: (others, ended.to_admin)}, announced=None)


def _has_lapsed(row: Assignment) -> bool:
    return row.ended_how == Assignment.End.EXPIRED and not row.is_activated


def _went_with_its_ground(row: Assignment) -> bool:
    """Whether what it rested on was its holder's own and has ended: of that they have heard."""
    ground = row.parent
    return ground is not None and ground.ended_at is not None and not row.rests_on_a_group


class _Ended:
    """The end of one assignment, in words."""

    def __init__(self, row: Assignment, by: Party, reason: str, now: datetime) -> None:
        self.row, self.by, self.reason, self.now = row, by, reason, now

    def tell(self, told: Told, *, announced: Message | None) -> None:
        rules = rules_for(self.row.role, self.row.governed_on)
        key = key_of_end(self.row)
        tell_cells(rules, case_of(self.row), told, key=key, announced=announced, now=self.now)

    def to_holder(self, zone: tzinfo) -> Message:
        renew = (to_renew(self.row),) if _has_lapsed(self.row) else ()
        return self._message("Your", self.row.get_absolute_url(), renew, zone)

    def to_admin(self, zone: tzinfo) -> Message:
        renew = (to_change("renew", self.row),) if _has_lapsed(self.row) else ()
        return self._message(f"{self.row.principal.name}'s", list_of(self.row, "expired"), renew, zone)

    def _message(self, whose: str, link: str, buttons: tuple[Button, ...], zone: tzinfo) -> Message:
        row, by = self.row, self.by.called if self.by != CLOCK else ""
        more = (("Removed by", by), ("Why", self.reason if by else ""))
        how = row.get_ended_how_display().lower()
        return Message(
            event=NoticeEvent.ROLE_ENDED,
            subject=f"PIM: {whose} {row.role.name} role has ended",
            text=f"{row.role.name} on {row.resource.name}: {how}.",
            facts=facts_of(row, zone, *more),
            link=link,
            buttons=buttons,
        )
