"""Who hears that an assignment has ended: its holder, and the admins of what they gave; and webhooks, whoever
it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from uuid import UUID

from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.notices.cells import (
    Build,
    admins_of,
    admins_on_each,
    case_of,
    letters_of_cells,
    tell_cells,
)
from apps.assignments.notices.words import facts_of, list_of, to_change, to_renew
from apps.audit.vocabulary import CLOCK, Party
from apps.common.period import earliest
from apps.notifications.messages import Button, Message, NoticeEvent
from apps.notifications.services import Letter, notify_many
from apps.notifications.webhooks.announcing import announce_many
from apps.roles.policy.rules import Audience, RoleRules
from apps.roles.selectors import rules_for, rules_for_many


def key_of_end(row: Assignment) -> str:
    """Under which everybody is told that it has ended."""
    return f"assignment:{row.id}:ended"


def tell_ended(ends: Sequence[Ended], *, now: datetime) -> None:
    """Whoever loses it hears by whom and why, unless they gave it back. Members of a group do not: their own
    list says it. That the clock ended what an admin had given, the admins hear, too. As many queries for one
    as for many."""
    rules = rules_for_many((end.row.role, end.row.governed_on) for end in ends)
    told = {end.row.principal_id for end in ends if end.is_news_to_its_holder}
    holders = User.objects.only("name", "email", "time_zone").in_bulk(told)
    admins = admins_on_each({end.row.resource for end in ends if end.has_lapsed}, now=now)
    letters = {
        key_of_end(end.row): end.letters(rules[end.row.role_id, end.row.governed_on.id], holders, admins)
        for end in ends
    }
    notify_many(letters, now=now)
    announced = {key_of_end(end.row): partial(end.to_admin, UTC) for end in ends}
    announce_many(NoticeEvent.ROLE_ENDED, announced, now=now)


def tell_admins_of_removal(row: Assignment, *, by: Party, reason: str, now: datetime) -> None:
    """The other admins hear that one of them took it away."""
    others = [user for user in admins_of(row.resource, now=now) if str(user.id) != by.id]
    told = {Audience.ADMIN: (others, Ended(row, by, reason).to_admin)}
    rules = rules_for(row.role, row.governed_on)
    tell_cells(rules, case_of(row), told, key=key_of_end(row), announced=None, now=now)


@dataclass(frozen=True)
class Ended:
    """The end of one assignment, by whom and why: who hears of it, and in which words."""

    row: Assignment
    by: Party
    reason: str = ""

    @property
    def has_lapsed(self) -> bool:
        """Whether the clock ended what was given."""
        return self.row.ended_how == Assignment.End.EXPIRED and not self.row.is_activated

    @property
    def is_news_to_its_holder(self) -> bool:
        return self.by.id != str(self.row.principal_id) and not _went_with_its_ground(self.row)

    def letters(
        self, rules: RoleRules, holders: Mapping[UUID, User], admins: Mapping[UUID, Iterable[User]]
    ) -> list[Letter]:
        """`holders` by their ids, `admins` by that of the resource."""
        told: dict[Audience, tuple[Iterable[User], Build]] = {}
        if self.is_news_to_its_holder:
            holder = holders.get(self.row.principal_id)
            told[Audience.HOLDER] = ([holder] if holder else [], self.to_holder)
        if self.has_lapsed:
            told[Audience.ADMIN] = (admins[self.row.resource_id], self.to_admin)
        return letters_of_cells(rules, case_of(self.row), told)

    def to_holder(self, zone: tzinfo) -> Message:
        renew = (to_renew(self.row),) if self.has_lapsed else ()
        return self._message("Your", self.row.get_absolute_url(), renew, zone)

    def to_admin(self, zone: tzinfo) -> Message:
        renew = (to_change("renew", self.row),) if self.has_lapsed else ()
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


def _went_with_its_ground(row: Assignment) -> bool:
    """Whether what it rested on was its holder's own and was over by then, whoever has written that down: of
    that they hear."""
    ground = row.parent
    if ground is None or row.ended_at is None or row.rests_on_a_group:
        return False
    over_at = earliest(ground.ended_at, ground.ends_at)
    return over_at is not None and over_at <= row.ended_at
