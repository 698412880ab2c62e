"""Links to a person's own address: sending one, and using it. Whoever sends one never sees it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from apps.accounts.models import AccountLink, User
from apps.accounts.notices import tell_link_sent, tell_password_changed
from apps.accounts.policy import INVITATION_LASTS, RECOVERY_LASTS, RESET_LASTS, can_get_link
from apps.accounts.selectors import has_second_factor
from apps.accounts.services.factors import lock_factors, remove_all
from apps.accounts.services.passwords import problems_of
from apps.accounts.services.sessions import end_all_sessions
from apps.accounts.services.sign_in import record_sign_in, sign_in
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party
from apps.common.decision import Refusal
from apps.common.errors import Conflict, NotAllowed

_Purpose = AccountLink.Purpose
_LASTS = {
    _Purpose.INVITATION: INVITATION_LASTS,
    _Purpose.PASSWORD_RESET: RESET_LASTS,
    _Purpose.FACTOR_RESET: RESET_LASTS,
}


@transaction.atomic
def send_link(*, user: User, actor: Party, now: datetime) -> AccountLink:
    """With it the person sets their password and, if they have none, their second factor. Earlier links no
    longer work."""
    lock_factors(user)
    purpose = _Purpose.PASSWORD_RESET if has_second_factor(user) else _Purpose.INVITATION
    return _send(user, purpose, actor, now)


@transaction.atomic
def reset_factors_by_link(*, user: User, actor: Party, now: datetime) -> AccountLink:
    """For somebody who has lost app and recovery codes: neither works any more, all sessions end, and a link
    leads to a new app. It asks for the password too, where there is one: a mailbox alone is not enough."""
    lock_factors(user)
    can_get_link(is_enabled=user.is_enabled).require()
    remove_all(user, actor=actor, now=now)
    purpose = _Purpose.FACTOR_RESET if user.has_usable_password() else _Purpose.INVITATION
    return _send(user, purpose, actor, now)


@transaction.atomic
def recover_by_link(*, user: User, actor: Party, now: datetime) -> AccountLink:
    """For an administrator who can be reached in no other way: password, second factor and recovery codes no
    longer work, and no mail is sent. Whoever has the console shows them the link."""
    lock_factors(user)
    can_get_link(is_enabled=user.is_enabled).require()
    remove_all(user, actor=actor, now=now)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    link = _make(user, _Purpose.INVITATION, now + RECOVERY_LASTS, now)
    details = {"until": link.expires_at.isoformat()}
    record(AuditAction.ADMIN_RECOVERED, actor=actor, at=now, target=user.party, details=details)
    return link


@transaction.atomic
def make_link(*, user: User, now: datetime) -> AccountLink:
    """For the first person of all, to whom nobody could mail anything yet: whoever sets the portal up goes on
    with it at once."""
    return _make(user, _Purpose.INVITATION, now + RECOVERY_LASTS, now)


@transaction.atomic
def set_password_by_link(*, link: AccountLink, password: str, network: str, now: datetime) -> User:
    """The person's own new password, which signs them in; all their earlier sessions end. Raises `NotAllowed`
    for the field `new_password`, with the link still unused, and `Conflict` when it was used meanwhile."""
    user = link.user
    if problems := problems_of(password, user):
        raise NotAllowed(tuple(Refusal("NewPassword", problem, "new_password") for problem in problems))
    _spend(link, now)
    user.set_password(password)
    user.save(update_fields=["password"])
    record(AuditAction.PASSWORD_CHANGED, actor=user.party, at=now, target=user.party)
    end_all_sessions(user=user, actor=user.party, now=now)
    tell_password_changed(user, network=network, now=now)
    record_sign_in(user=user, network=network, now=now)
    return user


def sign_in_by_link(
    *, link: AccountLink, password: str, network: str, known_people: Collection[str], now: datetime
) -> User:
    """Sign in with link and password, to set up a new second factor. Tries are counted like those at signing
    in; do not call it inside a transaction: a failure is written down too, and that must stay."""
    user = sign_in(
        email=link.user.email, password=password, network=network, known_people=known_people, now=now
    )
    with transaction.atomic():
        _spend(link, now)
    return user


def _send(user: User, purpose: AccountLink.Purpose, actor: Party, now: datetime) -> AccountLink:
    can_get_link(is_enabled=user.is_enabled).require()
    link = _make(user, purpose, now + _LASTS[purpose], now)
    details = {"link": str(purpose.label), "address": user.email, "until": link.expires_at.isoformat()}
    record(AuditAction.LINK_SENT, actor=actor, at=now, target=user.party, details=details)
    tell_link_sent(link, by=actor, now=now)
    return link


def _make(user: User, purpose: AccountLink.Purpose, until: datetime, now: datetime) -> AccountLink:
    """In the place of whatever was made before, used or not."""
    AccountLink.objects.filter(user=user).delete()
    return AccountLink.objects.create(user=user, purpose=purpose, made_at=now, expires_at=until)


def _spend(link: AccountLink, now: datetime) -> None:
    """Once, by whoever is first."""
    lock_factors(link.user)
    if not AccountLink.objects.usable(now).filter(pk=link.pk).update(used_at=now):
        raise Conflict("This link was used already, or another one was sent. Look for a newer mail.")
    details = {"link": str(link.get_purpose_display())}
    record(AuditAction.LINK_USED, actor=link.user.party, at=now, target=link.user.party, details=details)
