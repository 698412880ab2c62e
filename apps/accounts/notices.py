"""What people are told of changes to their account, each in their own time zone. No code stands in a mail."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from apps.accounts.models import AuthenticatorDevice, User
from apps.accounts.policy import ENROLMENT_CODE_LASTS, Ground, zone_of
from apps.audit.vocabulary import Party
from apps.common.instants import full
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent, Recipient

_NOT_YOU = "If this was not you, change your password and tell an administrator at once."


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


def tell_password_changed(user: User, *, network: str, now: datetime) -> None:
    _tell(
        user,
        "The password of your account was changed",
        f"It was changed from {network or 'an unknown network'}; every other session has ended. "
        "If this was not you, tell an administrator at once.",
        key=f"password:{user.pk}:changed:{now.isoformat()}",
        now=now,
    )


def _tell(user: User, subject: str, text: str, *, key: str, now: datetime) -> None:
    message = Message(
        NoticeEvent.ACCOUNT_CHANGED,
        subject,
        text,
        link=reverse("accounts:profile"),
        facts=(("Account", user.email), ("When", full(now, zone_of(user)))),
    )
    notifications.notify(
        key=key, message=message, recipients=[Recipient(user.email, user.name, user.pk)], now=now
    )
