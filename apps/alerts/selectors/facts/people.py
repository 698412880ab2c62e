"""The people behind groups, as rules look at them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from apps.accounts.models import AuthenticatorDevice, Principal, User
from apps.alerts.policy.rules.holders import Person
from apps.assignments.membership import members_of, people_within
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.roles.built_in import GROUP_MEMBER

Behind = Mapping[UUID, tuple[Person, ...]]
COLUMNS = ("name", "created_at", "user__last_sign_in_at", "user__type", "user__is_enabled", "has_factor")


def has_factor(user: str) -> Exists:
    """Whether the person with this key has one that counts."""
    return Exists(AuthenticatorDevice.objects.filter(user_id=OuterRef(user), confirmed=True))


def person(
    id_: UUID,
    name: str,
    created_at: datetime,
    last_sign_in_at: datetime | None,
    type_: str,
    is_enabled: bool,
    enrolled: bool,
) -> Person:
    """What stands in `COLUMNS`, behind the id."""
    return Person(
        str(id_), name, last_sign_in_at or created_at, type_ == User.Type.GUEST, is_enabled, enrolled
    )


def people_behind(rows: AssignmentQuerySet, now: datetime) -> Behind:
    """By the id of each group that holds one of these rows, those who are, or may come to be, in it. Four
    queries; one where no group does."""
    return _named(people_within(_groups(rows), now=now), now)


def permanently_behind(rows: AssignmentQuerySet, now: datetime) -> Behind:
    """By the id of each group that holds one of these rows, those who are in it and stay there. Three
    queries; one where no group does."""
    return _named(members_of(_groups(rows), now=now, among=Q(ends_at__isnull=True)), now)


def behind_each(kinds: Mapping[UUID, str], now: datetime) -> Mapping[UUID, frozenset[UUID]]:
    """Of principals, by their ids with what kind each is: a person themself; of a group the people who are,
    or may come to be, in it. Two queries, if there is any group."""
    groups = {id_ for id_, kind in kinds.items() if kind == Principal.Kind.GROUP}
    return {id_: frozenset([id_]) for id_ in kinds.keys() - groups} | people_within(groups, now=now)


def _groups(rows: AssignmentQuerySet) -> set[UUID]:
    return set(rows.filter(principal__kind=Principal.Kind.GROUP).values_list("principal_id", flat=True))


def _named(groups: Mapping[UUID, Iterable[UUID]], now: datetime) -> Behind:
    """All who are in any group are read: asking for thousands by their ids costs more."""
    if not groups:
        return {}
    joined = Assignment.objects.not_ended(now).filter(role_id=GROUP_MEMBER, principal_id=OuterRef("pk"))
    users = Principal.objects.filter(Exists(joined), kind=Principal.Kind.USER)
    columns = users.annotate(has_factor=has_factor("pk")).order_by("name", "id").values_list("id", *COLUMNS)
    found = {each[0]: person(*each) for each in columns.iterator()}
    place = {id_: at for at, id_ in enumerate(found)}
    return {
        group: tuple(found[id_] for id_ in sorted(place.keys() & set(ids), key=place.__getitem__))
        for group, ids in groups.items()
    }
