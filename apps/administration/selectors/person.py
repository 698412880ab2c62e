"""One person: what they hold, ask for, decide on and do, as far as the reader of their page may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.access_requests.models import AccessRequest, ReviewSeat
from apps.access_requests.policy.reading import Reading
from apps.access_requests.selectors.facts import readings_now
from apps.access_requests.selectors.power import power_of
from apps.access_requests.services.last_one import last_of_person
from apps.accounts.models import AccountLink, Group, User
from apps.accounts.selectors import has_second_factor, open_link_of
from apps.administration.policy.people import PersonFacts
from apps.assignments.membership import groups_of_user
from apps.assignments.models import Assignment
from apps.assignments.paths import Paths, paths_of
from apps.audit.models import AuditEvent
from apps.common.access import Access, Permission, Provider
from apps.common.lookup import present
from apps.roles.built_in import GROUP_MEMBER
from apps.roles.models import Approver

SHOWN = 6  # requests and events on the page; their lists have the rest


@dataclass(frozen=True)
class HeldLine:
    """One thing the person holds or may activate, and the group through which, if any. `path`: every way to
    it, where it is in force."""

    assignment: Assignment
    via: Group | None
    path: Paths | None


@dataclass(frozen=True)
class RequestLine:
    item: AccessRequest
    reading: Reading


@dataclass(frozen=True)
class PersonPage:
    """Lists that the reader may not see are empty; `shows_…` tells that from there being nothing."""

    facts: PersonFacts
    link: AccountLink | None
    held: list[HeldLine]
    groups: list[Group]
    seats: list[Approver]
    reviews: list[ReviewSeat]
    requests: list[RequestLine]
    events: list[AuditEvent]
    reports: int
    shows_held: bool
    shows_requests: bool
    shows_events: bool


def facts_of(person: User, *, now: datetime) -> PersonFacts:
    """What decides on what may be done to this person."""
    return PersonFacts(
        person.pk,
        power_of(person.pk, now=now),
        is_enabled=person.is_enabled,
        is_enrolled=has_second_factor(person),
        last_of=last_of_person(person, now=now) if person.is_enabled else "",
    )


def page_about(person: User, *, reader: User, access: Access, now: datetime) -> PersonPage:
    """Everything the page of this person shows to this reader. A fixed number of queries."""
    group_ids = set(groups_of_user(person.pk, now=now))
    groups = Group.objects.in_bulk(group_ids)
    return PersonPage(
        facts=facts_of(person, now=now),
        link=open_link_of(person, now=now),
        held=_held(person, groups, access, now),
        groups=_visible_groups(groups.values(), access),
        seats=_seats({person.pk, *group_ids}, access),
        reviews=_reviews({person.pk, *group_ids}, access),
        requests=_requests(person, reader, access, now),
        events=_events(person, access),
        reports=person.reports.count(),
        shows_held=access.may_in(Permission.ASSIGNMENTS_READ, Provider.DIRECTORY),
        shows_requests=access.may_somewhere(Permission.REQUESTS_READ),
        shows_events=access.may_somewhere(Permission.AUDIT_READ),
    )


def _held(person: User, groups: dict[UUID, Group], access: Access, now: datetime) -> list[HeldLine]:
    """Directly and through groups; being in a group stands among the groups."""
    rows = Assignment.objects.not_ended(now).visible_to(access).with_names()
    rows = rows.filter(principal_id__in=[person.pk, *groups])
    is_plain_membership = {"role_id": GROUP_MEMBER, "kind": Assignment.Kind.ACTIVE, "origin": "assigned"}
    rows = rows.exclude(**is_plain_membership).order_by("role__name", "resource__name", "kind", "id")
    paths = {(path.role.pk, path.resource.pk, path.kind): path for path in paths_of(person, now=now)}
    return [
        HeldLine(
            row,
            groups.get(row.principal_id),
            paths.get((row.role_id, row.resource_id, Assignment.Kind(row.kind))),
        )
        for row in rows
    ]


def _visible_groups(groups: Iterable[Group], access: Access) -> list[Group]:
    scopes = [
        path for provider, path in access.scopes(Permission.ASSIGNMENTS_READ) if provider == Provider.GROUPS
    ]
    ids = [group.pk for group in groups]
    rows = Group.objects.filter(pk__in=ids).select_related("resource").order_by("name", "id")
    return [group for group in rows if any(group.resource.path.startswith(path) for path in scopes)]


def _seats(ids: set[UUID], access: Access) -> list[Approver]:
    """Where the person, or a group of theirs, stands on the list of approvers."""
    rows = Approver.objects.in_use().filter(principal_id__in=ids)
    rows = rows.select_related("principal", "settings__role", "settings__resource")
    seats = rows.order_by("settings__role__name", "pk")
    return [seat for seat in seats if _shows_settings(seat, access)]


def _reviews(ids: set[UUID], access: Access) -> list[ReviewSeat]:
    """What the person, or a group of theirs, reviews."""
    return list(ReviewSeat.objects.in_use().visible_to(access).filter(principal__in=ids).with_names())


def _shows_settings(seat: Approver, access: Access) -> bool:
    role, resource = seat.settings.role, seat.settings.resource
    if resource is None:
        return access.may_in(Permission.SETTINGS_READ, role.provider)
    return access.may(Permission.SETTINGS_READ, role.provider, resource.path)


def _requests(person: User, reader: User, access: Access, now: datetime) -> list[RequestLine]:
    rows = AccessRequest.objects.visible_to(reader, access).filter(principal_id=person.pk).with_names()
    shown = list(rows.order_by("-created_at", "-id")[:SHOWN])
    readings = readings_now(shown, now=now)
    return [RequestLine(row, present(readings[row.id])) for row in shown]


def _events(person: User, access: Access) -> list[AuditEvent]:
    rows = AuditEvent.objects.visible_to(access).about(person.pk)
    return list(rows.order_by("-at", "-id")[:SHOWN])
