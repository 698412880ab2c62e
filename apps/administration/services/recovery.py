"""The way back in when every administrator is locked out: from the console of the machine."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from apps.access_requests.selectors.power import power_of
from apps.accounts.models import AccountLink, User
from apps.accounts.policy import zone_of
from apps.accounts.services.links import recover_by_link
from apps.assignments.notices.cells import admins_of
from apps.audit.vocabulary import CONSOLE
from apps.common.decision import Refusal
from apps.common.errors import NotAllowed
from apps.common.instants import full
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent
from apps.roles.selectors import directory


@transaction.atomic
def recover_admin(user: User, *, now: datetime) -> AccountLink:
    """What this Global Administrator proved themself with works no longer; the link lets them set it anew.
    Every administrator is told at once. Raises `NotAllowed` for anybody else, and for a disabled account."""
    if not power_of(user.pk, now=now).reaches_global_administrator:
        sentence = f"{user.name} is no Global Administrator. Somebody who is can send them a link."
        raise NotAllowed((Refusal("AdminRequestRule", sentence),))
    link = recover_by_link(user=user, actor=CONSOLE, now=now)
    _tell_admins(user, link, now)
    return link


def _tell_admins(user: User, link: AccountLink, now: datetime) -> None:
    told = {admin.pk: admin for admin in admins_of(directory(), now=now)} | {user.pk: user}
    letters = [(admin.recipient, _message(user, full(now, zone_of(admin)))) for admin in told.values()]
    key, announced = f"account_link:{link.pk}:recovered", _message(user, full(now, UTC))
    notifications.notify_each(key=key, letters=letters, announced=announced, now=now)


def _message(user: User, when: str) -> Message:
    return Message(
        NoticeEvent.ADMIN_RECOVERED,
        f"A link was made on the console for {user.name}",
        f"With it {user.name} sets password and second factor anew; those they had no longer work. "
        "Whoever did this has access to the machine that runs the portal. If nobody of you did, act at once.",
        link="",
        facts=(("Account", user.email), ("When", when)),
    )
