"""Commands on people and groups, each with its audit event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.models import ADDRESS_TAKEN, AccountLink, Group, Principal, User
from apps.accounts.notices import tell_email_changed
from apps.accounts.selectors import line_of_managers
from apps.accounts.services.sessions import end_all_sessions
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party
from apps.common.errors import Conflict, Invalid
from apps.common.locks import lock_rows
from apps.common.lookup import present
from apps.common.once import first_of_two
from apps.common.text import is_address, one_line
from apps.common.zones import zone_names


@transaction.atomic
def create_user(*, name: str, email: str, actor: Party, now: datetime, **facts: Any) -> User:
    """A person without password and second factor. `facts` are further fields of `User`."""
    user = User(kind=Principal.Kind.USER, name=one_line(name), email=email.strip(), created_at=now, **facts)
    user.set_unusable_password()
    _require_zone(user.time_zone)
    validate(user)
    with first_of_two(Conflict(ADDRESS_TAKEN)):
        user.save(force_insert=True)
    record(AuditAction.PERSON_CREATED, actor=actor, at=now, target=user.party, details={"email": user.email})
    return user


@transaction.atomic
def change_person(*, user: User, actor: Party, now: datetime, **wanted: Any) -> None:
    """Name, type, manager, job title, department or time zone, by the names of their columns. Raises
    `Invalid` for a value that cannot be, `Conflict` where managers changed at the same moment."""
    if "manager" in wanted:
        _require_no_loop(user, wanted["manager"])
    before = {name: getattr(user, name) for name in wanted}
    for name, value in wanted.items():
        setattr(user, name, one_line(value) if isinstance(value, str) else value)
    changed = [name for name in wanted if getattr(user, name) != before[name]]
    if not changed:
        return
    _require_zone(user.time_zone)
    validate(user)
    user.save(update_fields=changed)
    details = {name: {"from": _word(before[name]), "to": _word(getattr(user, name))} for name in changed}
    record(AuditAction.PERSON_CHANGED, actor=actor, at=now, target=user.party, details=details)


@transaction.atomic
def change_email(*, user: User, email: str, actor: Party, now: datetime) -> None:
    """The address the person signs in with. Both addresses are told, all sessions end, and a link that was
    sent to the old one no longer works."""
    old, user.email = user.email, email.strip()
    if user.email == old:
        return
    validate(user)
    with first_of_two(Conflict(ADDRESS_TAKEN)):
        user.save(update_fields=["email"])
    AccountLink.objects.filter(user=user).delete()
    details = {"from": old, "to": user.email}
    record(AuditAction.EMAIL_CHANGED, actor=actor, at=now, target=user.party, details=details)
    end_all_sessions(user=user, actor=actor, now=now)
    tell_email_changed(user, old=old, by=actor, now=now)


def _require_no_loop(user: User, manager: User | None) -> None:
    """Nobody is above themself, also when two people change at the same moment: the whole line of managers is
    locked, in one order, and read again."""
    seen = {user.pk, *line_of_managers(manager)}
    lock_rows(Principal, *seen)
    line = line_of_managers(manager)
    if user.pk in line:
        raise Invalid(f"{present(manager).name} cannot be the manager: {user.name} is above them.")
    if not seen.issuperset(line):
        raise Conflict("Somebody changed managers at this moment. Look again.")


def _word(value: Any) -> str:
    return value.name if isinstance(value, Principal) else str(value or "")


@transaction.atomic
def disable_user(*, user: User, actor: Party, now: datetime) -> None:
    """The account alone, and its sessions. What the person holds and asked for is settled by
    `access_requests.services.people`, in the same transaction: nothing else calls this."""
    _switch(user, is_enabled=False)
    record(AuditAction.PERSON_DISABLED, actor=actor, at=now, target=user.party)
    end_all_sessions(user=user, actor=actor, now=now)


@transaction.atomic
def enable_user(*, user: User, actor: Party, now: datetime) -> None:
    """Called, like `disable_user`, from one place: what has lost its ground must be written down before."""
    _switch(user, is_enabled=True)
    record(AuditAction.PERSON_ENABLED, actor=actor, at=now, target=user.party)


def _switch(user: User, *, is_enabled: bool) -> None:
    if not User.objects.filter(pk=user.pk, is_enabled=not is_enabled).update(is_enabled=is_enabled):
        raise Conflict(f"This account is {'enabled' if is_enabled else 'disabled'} already.")
    user.is_enabled = is_enabled


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
    validate(group)
    group.save(force_insert=True)
    record(AuditAction.GROUP_CREATED, actor=actor, at=now, target=group.party)
    return group


@transaction.atomic
def change_time_zone(*, user: User, time_zone: str, actor: Party, now: datetime) -> None:
    """The zone in which the person reads times, on pages and in mails."""
    _require_zone(time_zone)
    if time_zone == user.time_zone:
        return
    details = {"from": user.time_zone, "to": time_zone}
    user.time_zone = time_zone
    user.save(update_fields=["time_zone"])
    record(AuditAction.TIME_ZONE_CHANGED, actor=actor, at=now, target=user.party, details=details)


def _require_zone(name: str) -> None:
    if name not in zone_names():
        raise Invalid(f"There is no time zone “{one_line(name, 64)}”.")


def validate(principal: User | Group) -> None:
    """Raises `Invalid` with every fault of the row, such as an address that is taken."""
    try:
        principal.full_clean(exclude=["principal", "password"])
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    if isinstance(principal, User) and not is_address(principal.email):
        raise Invalid("Mail cannot be sent to this address. Write it without quotes.")
