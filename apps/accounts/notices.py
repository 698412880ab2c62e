"""What people are told of changes to their account, each in their own time zone. No code stands in a
mail."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from apps.accounts.models import AccountLink, AuthenticatorDevice, User
from apps.accounts.policy import ENROLMENT_CODE_LASTS, Ground, zone_of
from apps.audit.vocabulary import Party
from apps.common.instants import full
from apps.common.organisation import organisation_name
from apps.notifications import services as notifications
from apps.notifications.messages import Button, Message, NoticeEvent, Recipient

_NOT_YOU = "If this was not you, change your password and tell an administrator at once."
_LINK_WORDS = {
    AccountLink.Purpose.INVITATION: (
        "Your account in PIM Portal of {organisation}",
        "{by} asks you to set your password and your second factor.",
    ),
    AccountLink.Purpose.PASSWORD_RESET: (
        "Set a new password for your account",
        "{by} asks you to set a new password.",
    ),
    AccountLink.Purpose.FACTOR_RESET: (
        "Set up a new second factor for your account",
        "{by} reset your second factor. With your password and this link you set up a new one.",
    ),
}


def tell_factor_added(device: AuthenticatorDevice, *, now: datetime) -> None:
    lost = " It replaces those you had before." if device.ground == Ground.RECOVERY_CODE else ""
    _tell(
        device.user,
        "A second factor was added to your account",
        f"“{device.name}” can confirm who you are from now on.{lost} {_NOT_YOU}",
        key=f"factor:{device.pk}:added",
        now=now,
    )


def tell_factor_deleted(device: AuthenticatorDevice, *, now: datetime) -> None:
    _tell(
        device.user,
        "A second factor was deleted from your account",
        f"“{device.name}” no longer works. {_NOT_YOU}",
        key=f"factor:{device.pk}:deleted",
        now=now,
    )


def tell_recovery_code_used(user: User, *, left: int, now: datetime) -> None:
    _tell(
        user,
        "A recovery code of your account was used",
        f"With it a new authenticator app can be set up; then the old ones stop working. "
        f"Unused recovery codes: {left}. {_NOT_YOU}",
        key=f"recovery_code:{user.pk}:used:{now.isoformat()}",
        now=now,
    )


def tell_recovery_codes_made(user: User, *, now: datetime) -> None:
    _tell(
        user,
        "New recovery codes were made for your account",
        f"Earlier ones no longer work, and every other session has ended. {_NOT_YOU}",
        key=f"recovery_codes:{user.pk}:made:{now.isoformat()}",
        now=now,
    )


def tell_enrolment_code_issued(user: User, *, by: Party, now: datetime) -> None:
    until = full(now + ENROLMENT_CODE_LASTS, zone_of(user))
    _tell(
        user,
        "An enrolment code was made for your account",
        f"{by.name} made a code that lets you set up your first second factor until {until}. You get it in "
        "another way, not by mail. If you do not expect one, tell an administrator at once.",
        key=f"enrolment_code:{user.pk}:made:{now.isoformat()}",
        now=now,
    )


def tell_link_sent(link: AccountLink, *, by: Party, now: datetime) -> None:
    """The one mail that opens something. Its secret is added when it is rendered; the inbox never has it."""
    subject, text = _LINK_WORDS[AccountLink.Purpose(link.purpose)]
    until = full(link.expires_at, zone_of(link.user))
    button = Button(link.get_purpose_display(), link.get_absolute_url(), is_signed=True)
    _tell(
        link.user,
        subject.format(organisation=organisation_name()),
        f"{text.format(by=by.name)} The link in the mail works once, until {until}. "
        "If you do not expect it, tell an administrator.",
        key=f"account_link:{link.pk}:sent",
        now=now,
        buttons=(button,),
    )


def tell_email_changed(user: User, *, old: str, by: Party, now: datetime) -> None:
    """Both addresses: whoever has the old one may be the only one to notice."""
    message = Message(
        NoticeEvent.ACCOUNT_CHANGED,
        "The e-mail address of your account was changed",
        f"{by.name} changed it from {old} to {user.email}. You sign in with the new one; every session has "
        "ended. If you do not expect this, tell an administrator at once.",
        link=reverse("accounts:profile"),
        facts=(("When", full(now, zone_of(user))),),
    )
    addresses = [user.recipient, Recipient(old, user.name)]
    key = f"email:{user.pk}:changed:{now.isoformat()}"
    notifications.notify(key=key, message=message, recipients=addresses, now=now)


def tell_password_changed(user: User, *, network: str, now: datetime) -> None:
    _tell(
        user,
        "The password of your account was changed",
        f"It was changed from {network or 'an unknown network'}; every other session has ended. "
        "If this was not you, tell an administrator at once.",
        key=f"password:{user.pk}:changed:{now.isoformat()}",
        now=now,
    )


def _tell(
    user: User, subject: str, text: str, *, key: str, now: datetime, buttons: tuple[Button, ...] = ()
) -> None:
    message = Message(
        NoticeEvent.ACCOUNT_CHANGED,
        subject,
        text,
        link=reverse("accounts:profile"),
        facts=(("Account", user.email), ("When", full(now, zone_of(user)))),
        buttons=buttons,
    )
    notifications.notify(key=key, message=message, recipients=[user.recipient], now=now)
