"""Commands on people and groups, each with its audit event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.models import Group, Principal, User
from apps.accounts.policy import zone_names
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party
from apps.common.errors import Invalid
from apps.common.text import one_line


@transaction.atomic
def create_user(*, name: str, email: str, actor: Party, now: datetime, **facts: Any) -> User:
    """A person without password and second factor. `facts` are further fields of `User`."""
    user = User(kind=Principal.Kind.USER, name=one_line(name), email=email.strip(), created_at=now, **facts)
    user.set_unusable_password()
    if user.time_zone not in zone_names():
        raise Invalid(f"There is no time zone “{one_line(user.time_zone, 64)}”.")
    _validate(user)
    user.save(force_insert=True)
    record(AuditAction.PERSON_CREATED, actor=actor, at=now, target=user.party, details={"email": user.email})
    return user


@transaction.atomic
def create_group(
    *,
    name: str,
    actor: Party,
    now: datetime,
    description: str = "",
    is_role_assignable: bool = False,
    is_managed: bool = False,
) -> Group:
    """The group alone; who is in it, and the resource it is, belong to the apps above."""
    group = Group(
        kind=Principal.Kind.GROUP,
        name=one_line(name),
        description=description,
        is_role_assignable=is_role_assignable,
        is_managed=is_managed,
        created_at=now,
    )
    _validate(group)
    group.save(force_insert=True)
    record(AuditAction.GROUP_CREATED, actor=actor, at=now, target=group.party)
    return group


@transaction.atomic
def set_password(*, user: User, password: str, actor: Party, now: datetime) -> None:
    """All sessions of the person end with the old password, as they carry a hash of it."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    user.set_password(password)
    user.save(update_fields=["password"])
    record(AuditAction.PASSWORD_CHANGED, actor=actor, at=now, target=user.party)


def _validate(principal: User | Group) -> None:
    try:
        principal.full_clean(exclude=["principal", "password"])
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
