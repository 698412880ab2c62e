"""Reads: people by address, and who has which second factors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Lower

from apps.accounts.models import AccountLink, AuthenticatorDevice, OneTimeCode, Session, User
from apps.accounts.policy import FEW_RECOVERY_CODES, SETTING_UP_LASTS, can_delete_factor
from apps.common.decision import Decision
from apps.common.lookup import find
from apps.common.prepared import prepared
from apps.notifications.links import is_signed


def user_by_email(email: str) -> User | None:
    """The person with this address, however its letters are written; enabled or not."""
    people = User.objects.alias(address=Lower("email"))
    return people.filter(address=Lower(Value(email.strip()))).first()


def users_by_email(emails: Iterable[str]) -> dict[str, User]:
    """Those of the addresses that belong to somebody, in small letters, each with its person."""
    wanted = [Lower(Value(email.strip())) for email in emails]
    people = User.objects.alias(address=Lower("email")).filter(address__in=wanted)
    return {user.email.lower(): user for user in people}


def look_again(user: User) -> None:
    """At whether they are enabled: as they are now, not as they signed in."""
    [user.is_enabled] = _is_enabled(user.pk)


@prepared
def _is_enabled(user_id: UUID) -> QuerySet[User, bool]:
    return User.objects.filter(pk=user_id).values_list("is_enabled", flat=True)


def line_of_managers(user: User | None) -> list[UUID]:
    """The ids of this person and of everybody above them, nearest first. One query each: lines are short."""
    line: list[UUID] = []
    above = user.pk if user else None
    while above is not None and above not in line:
        line.append(above)
        above = User.objects.values_list("manager_id", flat=True).get(pk=above)
    return line


def devices_of(user: User) -> list[AuthenticatorDevice]:
    return list(AuthenticatorDevice.objects.devices_for_user(user, confirmed=True).order_by("pk"))


def has_second_factor(user: User) -> bool:
    return bool(devices_of(user))


# Of a person: they could prove a second factor. An approver without one cannot decide.
IS_ENROLLED = Exists(AuthenticatorDevice.objects.filter(user=OuterRef("pk"), confirmed=True))


def devices_by_user(user_ids: Iterable[UUID]) -> dict[UUID, AuthenticatorDevice]:
    """One device of each person who has any, the newest."""
    devices = AuthenticatorDevice.objects.filter(user_id__in=list(user_ids), confirmed=True)
    return {device.user_id: device for device in devices.order_by("pk")}


# ---- Second factors of one person --------------------------------------------------------------------------


@dataclass(frozen=True)
class RecoveryCodes:
    """How many are unused, and when they were made."""

    left: int
    made_at: datetime | None

    @property
    def are_few(self) -> bool:
        return self.left <= FEW_RECOVERY_CODES


@dataclass(frozen=True)
class FactorRow:
    """`can_delete` is for the button; the page behind it asks for a fresh factor."""

    device: AuthenticatorDevice
    can_delete: Decision


@dataclass(frozen=True)
class SecondFactors:
    """What the person's own page shows."""

    rows: list[FactorRow]
    recovery: RecoveryCodes


def second_factors_of(user: User) -> SecondFactors:
    devices = devices_of(user)
    can_delete = can_delete_factor(others=len(devices) - 1, factor_is_fresh=True)
    return SecondFactors([FactorRow(device, can_delete) for device in devices], recovery_codes_of(user))


def recovery_codes_of(user: User) -> RecoveryCodes:
    codes = OneTimeCode.objects.filter(user=user, purpose=OneTimeCode.Purpose.RECOVERY)
    left = Count("pk", filter=Q(used_at__isnull=True))
    return RecoveryCodes(**codes.aggregate(left=left, made_at=Max("made_at")))


def device_being_set_up(user: User, device_id: int | None, *, now: datetime) -> AuthenticatorDevice | None:
    """The one of this id, if it is this person's and may still be finished."""
    return _being_set_up(now).filter(user=user, pk=device_id).first()


def devices_being_set_up(user_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, AuthenticatorDevice]:
    return {device.user_id: device for device in _being_set_up(now).filter(user_id__in=list(user_ids))}


def _being_set_up(now: datetime) -> QuerySet[AuthenticatorDevice]:
    unfinished: QuerySet[AuthenticatorDevice] = AuthenticatorDevice.objects.filter(confirmed=False)
    return unfinished.filter(created_at__gt=now - SETTING_UP_LASTS)


# ---- Links to the own address ------------------------------------------------------------------------------


def usable_link(link_id: UUID, signature: str, *, now: datetime) -> AccountLink | None:
    """The link, if it still works and this is the signature that its mail has. One that went to an address
    which the person no longer has does not."""
    link = AccountLink.objects.usable(now).select_related("user").filter(pk=link_id).first()
    if link is None or not is_signed(link.get_absolute_url(), link.user.email, signature):
        return None
    return link


def used_link(user: User, link_id: UUID | None, *, now: datetime) -> AccountLink | None:
    """The link of this id, if this person has just used it and it lets them set up a second factor."""
    just_used = AccountLink.objects.filter(used_at__gt=now - SETTING_UP_LASTS, user=user)
    link = find(just_used, link_id)
    return link if link is not None and link.sets_factor else None


def open_link_of(user: User, *, now: datetime) -> AccountLink | None:
    """The link that was sent to this person and waits to be used."""
    return AccountLink.objects.usable(now).filter(user=user).first()


# ---- Sessions of one person --------------------------------------------------------------------------------


@dataclass(frozen=True)
class SessionRow:
    session: Session
    is_here: bool


def sessions_of(user: User, *, here: str | None, now: datetime) -> list[SessionRow]:
    """Where the person is signed in, the one with the key `here` first, then the latest used. They last a day
    at most, so this list needs no pages."""
    lasting = Session.objects.filter(user=user).lasting(now).order_by("-seen_at", "pk")
    rows = [SessionRow(session, session.pk == here) for session in lasting]
    return sorted(rows, key=lambda row: not row.is_here)
