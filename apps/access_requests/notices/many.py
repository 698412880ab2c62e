"""What is done to many at once: each holder hears of their own, each admin once of all that concerns them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.urls import reverse

from apps.assignments.models import Assignment
from apps.assignments.notices.cells import admins_on_each, case_of, told_by
from apps.assignments.notices.words import Facts, known
from apps.audit.vocabulary import Party
from apps.common.text import counted
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent, Recipient
from apps.roles.policy.rules import Audience
from apps.roles.selectors import rules_for_many

NAMED_AT_MOST = 30


def told_of_many(rows: Iterable[Assignment], *, now: datetime) -> dict[Recipient, list[Assignment]]:
    """The admins to tell of these assignments, loaded with their names, each with those that concern them, as
    the settings of each role say. A fixed number of queries."""
    rows = list(rows)
    rules = rules_for_many((row.role, row.governed_on) for row in rows)
    admins = admins_on_each({row.resource for row in rows}, now=now)
    told: dict[Recipient, list[Assignment]] = defaultdict(list)
    for row in rows:
        cells = rules[row.role_id, row.governed_on.id]
        for recipient in told_by(cells, case_of(row), Audience.ADMIN, admins[row.resource_id]):
            told[recipient].append(row)
    return dict(told)


def tell_admins_of_many(
    rows: Iterable[Assignment],
    *,
    key: str,
    by: Party,
    did: Callable[[str], str],
    more: Facts = (),
    now: datetime,
) -> None:
    """The other admins hear what somebody `did` to all of these. Webhooks have heard of each."""
    told = told_of_many(rows, now=now)
    others = {who: theirs for who, theirs in told.items() if str(who.principal_id) != by.id}
    written = [(who, _did(theirs, by, did, more)) for who, theirs in others.items()]
    notifications.notify_each(key=key, letters=written, announced=None, now=now)


def named(rows: Iterable[Assignment]) -> Facts:
    return tuple(
        (row.held_as.capitalize(), f"{row.principal.name}: {row.role.name} on {row.resource.name}")
        for row in rows
    )


def shortened(facts: Facts) -> Facts:
    """As many as a mail names, and how many more there are."""
    more = len(facts) - NAMED_AT_MOST
    return known(*facts[:NAMED_AT_MOST], ("And", f"{more:,} more" if more > 0 else ""))


def _did(rows: Sequence[Assignment], by: Party, did: Callable[[str], str], more: Facts) -> Message:
    what = counted(len(rows), "assignment")
    return Message(
        event=NoticeEvent.ASSIGNMENT_CHANGED,
        subject=f"PIM: {by.called} {did(what)}",
        text=f"{by.called} {did(f'{what} of roles that you manage')}.",
        facts=(*more, *shortened(named(rows))),
        link=_where(rows),
    )


def _where(rows: Sequence[Assignment]) -> str:
    """The assignments of the provider, where it is one."""
    providers = {row.resource.provider for row in rows}
    many = len(providers) > 1
    return reverse("portal:home") if many else reverse("access_requests:assignments", args=[*providers])
