"""Reads: people by address, and who has a second factor."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Value
from django.db.models.functions import Lower

from apps.accounts.models import AuthenticatorDevice, User


def user_by_email(email: str) -> User | None:
    """The person with this address, however its letters are written; enabled or not."""
    people = User.objects.alias(address=Lower("email"))
    return people.filter(address=Lower(Value(email.strip()))).first()


def users_by_email(emails: Iterable[str]) -> dict[str, User]:
    """Those of the addresses that belong to somebody, in small letters, each with its person."""
    wanted = [Lower(Value(email.strip())) for email in emails]
    people = User.objects.alias(address=Lower("email")).filter(address__in=wanted)
    return {user.email.lower(): user for user in people}


def devices_of(user: User) -> list[AuthenticatorDevice]:
    return list(AuthenticatorDevice.objects.devices_for_user(user, confirmed=True).order_by("pk"))


def has_second_factor(user: User) -> bool:
    return AuthenticatorDevice.objects.devices_for_user(user, confirmed=True).exists()


def enrolled_user_ids(user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the people who could prove a second factor: an approver without one cannot decide."""
    enrolled = AuthenticatorDevice.objects.filter(user_id__in=list(user_ids), confirmed=True)
    return set(enrolled.values_list("user_id", flat=True))


def devices_by_user(user_ids: Iterable[UUID]) -> dict[UUID, AuthenticatorDevice]:
    """One device of each person who has any, the newest."""
    devices = AuthenticatorDevice.objects.filter(user_id__in=list(user_ids), confirmed=True)
    return {device.user_id: device for device in devices.order_by("pk")}
