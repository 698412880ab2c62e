"""An organisation of any size, written in bulk. Its proportions stay the same: what grows on a page with the
size of this grows with the size of an organisation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import models

from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.states import Action, Family, State
from apps.accounts.models import Group, Principal, User
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction, Outcome
from apps.common.access import DIRECTORY_ID, DIRECTORY_PATH, Provider
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.models import Resource, RoleDefinition, RoleSettings
from tests.factories import make_active, make_user

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AT_ONCE = 500  # rows per INSERT
PAGE = 50  # rows of a list; the smallest organisation has as many too
DIRECTORY_ROLES = (built_in.TEAMS_ADMINISTRATOR, built_in.SECURITY_READER)
ELIGIBLE, ACTIVE = Assignment.Kind
ANSWERS = (State.PROVISIONED, State.PROVISIONED, State.DENIED, State.TIMED_OUT)
Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Estate:
    """Somebody who sees all of it, and one of each kind of thing that has a page: the busiest one."""

    administrator: User
    person: UUID
    group: UUID
    resource: UUID
    role: UUID


def build_estate(assignments: int, *, now: datetime, history: int | None = None) -> None:
    """For each 1,000 assignments, of which 50 are activated, 100 people, 10 groups, 10 roles on 2 resources,
    2,000 requests, of which 10 wait, and 10,000 events. Never so few that the first page of a list which
    people have open all day shows less than fifty rows: what it costs here and there can be compared. The
    administrator is eligible for fifty roles. `history` gives as many requests and events as an organisation
    with so many assignments has."""
    _Builder(assignments, now, history or assignments).build()


def found_estate() -> Estate:
    """What `build_estate` has made, by its names."""
    return Estate(
        User.objects.get(name="Alma Admin"),
        User.objects.get(name="Person 000000").pk,
        Group.objects.get(name="Group 000000").pk,
        Resource.objects.get(name="Resource 000000").pk,
        RoleDefinition.objects.get(name="Role 000000").pk,
    )


class _Builder:
    def __init__(self, assignments: int, now: datetime, history: int) -> None:
        self.total, self.now, self.history = assignments, now, history
        self.random = Random(1)  # noqa: S311 - the same organisation each time
        self.people = [uuid4() for _ in range(max(assignments // 10, PAGE + 10))]
        self.groups = [uuid4() for _ in range(max(assignments // 100, 4))]
        self.roles = [uuid4() for _ in range(max(assignments // 100, PAGE))]
        self.of_groups = [self._of_group(*each) for each in enumerate(self.groups)]
        self.resources = list(self._trees(max(assignments // 500, 4)))
        self.held: dict[tuple[Any, ...], Assignment] = {}

    def build(self) -> None:
        administrator = make_user("Alma Admin", now=self.now - DAY)
        make_active(administrator, built_in.GLOBAL_ADMINISTRATOR, now=self.now - DAY)
        self._write_principals()
        _write(Resource, [*self.of_groups, *self.resources])
        _write(RoleDefinition, self._role_definitions())
        _write(RoleSettings, self._role_settings())
        self._hold(administrator)
        _write(Assignment, self.held.values())
        people = frozenset(self.people)
        eligible = [
            row
            for row in self.held.values()
            if row.kind == ELIGIBLE and row.ended_at is None and row.principal_id in people
        ]
        _write(Assignment, self._activations(eligible[: max(self.total // 20, 5)]))
        requests = list(self._requests(eligible))
        _write(AccessRequest, requests)
        _write(Approval, self._approvals(requests, administrator))
        _write(AuditEvent, self._events(administrator))
        _write(Notice, self._notices(administrator))

    # ---- Who and what there is

    def _write_principals(self) -> None:
        named = [(id_, Principal.Kind.USER, f"Person {n:06}") for n, id_ in enumerate(self.people)]
        named += [(id_, Principal.Kind.GROUP, f"Group {n:06}") for n, id_ in enumerate(self.groups)]
        _write(Principal, (Principal(id=i, kind=k, name=n, created_at=self.now) for i, k, n in named))
        _write(User, (self._user(*each) for each in enumerate(self.people)))
        _write(Group, (self._group(*each) for each in enumerate(self.groups)))

    def _user(self, number: int, id_: UUID) -> User:
        return User(
            principal_id=id_,
            email=f"person.{number}@example.com",
            department=("Finance", "Platform", "Sales", "Support")[number % 4],
            is_enabled=number % 50 != 7,
            last_sign_in_at=self.now - number * HOUR if number % 3 else None,
        )

    def _group(self, number: int, id_: UUID) -> Group:
        return Group(principal_id=id_, is_managed=number % 2 == 0, is_role_assignable=number % 4 == 1)

    def _of_group(self, number: int, group: UUID) -> Resource:
        name = f"Group {number:06}"
        return self._resource(Provider.GROUPS, "Group", name, None, group_id=group)

    def _trees(self, size: int) -> Iterator[Resource]:
        """Twenty-one in each, four below each, three deep."""
        tree: list[Resource] = []
        for number in range(size):
            tree = tree if number % 21 else []
            parent = tree[(len(tree) - 1) // 4] if tree else None
            kind = ("Subscription", "Resource group", "Database")[parent.depth if parent else 0]
            tree.append(self._resource(Provider.RESOURCES, kind, f"Resource {number:06}", parent))
            yield tree[-1]

    def _resource(
        self, provider: Provider, kind: str, name: str, parent: Resource | None, **columns: Any
    ) -> Resource:
        id_ = uuid4()
        path = f"{parent.path if parent else ''}{id_}/"
        columns |= {"path": path, "parent": parent, "created_at": self.now}
        return Resource(id=id_, provider=provider, kind=kind, name=name, **columns)

    def _role_definitions(self) -> Iterator[RoleDefinition]:
        for number, id_ in enumerate(self.roles):
            yield RoleDefinition(id=id_, provider=Provider.RESOURCES, name=f"Role {number:06}")

    def _role_settings(self) -> Iterator[RoleSettings]:
        for id_ in DIRECTORY_ROLES:
            yield RoleSettings(role_id=id_, requires_approval=True)
        for number, id_ in enumerate(self.roles):
            resource = self.resources[number % len(self.resources)] if number % 2 else None
            yield RoleSettings(role_id=id_, resource=resource, requires_approval=number % 4 == 0)

    # ---- What they hold

    def _hold(self, administrator: User) -> None:
        """60 % on resources, 25 % in groups, 15 % in the directory; a twentieth is held by groups. Two in a
        hundred are of the busiest group, two on the busiest resource."""
        for number in range(PAGE):
            role, resource = self.roles[number], self.resources[number % 4]
            self._give(administrator.pk, role, resource.pk, ELIGIBLE, drawn=number / PAGE * 0.9)
        for number, someone in enumerate(self.people[: PAGE + 10]):
            self._give(someone, DIRECTORY_ROLES[number % 2], DIRECTORY_ID, ELIGIBLE, drawn=0)
        for number, group in enumerate(self.groups[2::4]):
            self._give(group, built_in.GROUP_MEMBER, self.of_groups[number // 2].pk, ACTIVE)
        for _ in range(22):
            self._draw(self.people[0])
        while len(self.held) < self.total:
            self._draw(self.random.choice(self.people))

    def _draw(self, someone: UUID) -> None:
        what, draw = self.random.random(), self.random.choice
        if what < 0.15:
            self._give(someone, draw(DIRECTORY_ROLES), DIRECTORY_ID)
        elif what < 0.38:
            group = self.of_groups[0] if what < 0.17 else draw(self.of_groups)
            kind = ELIGIBLE if 0.3 < what < 0.34 else ACTIVE
            self._give(someone, built_in.GROUP_MEMBER, group.pk, kind)
        elif what < 0.4:
            self._give(someone, built_in.GROUP_OWNER, draw(self.of_groups).pk, ACTIVE)
        elif what < 0.42:
            self._give(someone, self.roles[0], self.resources[0].pk)
        else:
            holder = draw(self.groups) if what < 0.47 else someone
            self._give(holder, draw(self.roles), draw(self.resources).pk)

    def _give(
        self, who: UUID, role: UUID, where: UUID, kind: str = "", *, drawn: float | None = None
    ) -> None:
        """An eligible one mostly, half of them with an end; every tenth has ended."""
        drawn = self.random.random() if drawn is None else drawn
        kind = kind or (ACTIVE if drawn < 0.2 else ELIGIBLE)
        row = Assignment(principal_id=who, role_id=role, resource_id=where, kind=kind)
        row.starts_at = row.created_at = self.now - 300 * DAY
        if drawn > 0.5:
            row.ends_at = self.now + drawn * 300 * DAY
        if drawn > 0.9:
            row.ended_at, row.ended_how = self.now - (drawn - 0.9) * 600 * DAY, Assignment.End.REMOVED
        self.held[who, role, where, kind] = row

    def _activations(self, eligible: Iterable[Assignment]) -> Iterator[Assignment]:
        for row in eligible:
            yield Assignment(
                principal_id=row.principal_id,
                role_id=row.role_id,
                resource_id=row.resource_id,
                kind=ACTIVE,
                origin=Assignment.Origin.ACTIVATED,
                parent=row,
                activated_by_id=row.principal_id,
                starts_at=self.now - HOUR,
                ends_at=self.now + 4 * HOUR,
                created_at=self.now - HOUR,
            )

    # ---- What was asked, what happened, and who was told

    def _requests(self, eligible: list[Assignment]) -> Iterator[AccessRequest]:
        waiting = max(self.history // 100, PAGE + 10)
        for row in [row for row in eligible if row.resource_id == DIRECTORY_ID][:waiting]:
            yield self._request(row, State.PENDING_APPROVAL, self.now - HOUR, deadline_at=self.now + DAY)
        for number in range(self.history * 2):
            row, at = eligible[number % len(eligible)], self.now - DAY - number * MINUTE
            yield self._request(row, ANSWERS[number % len(ANSWERS)], at, closed_at=at + MINUTE)

    def _request(self, row: Assignment, state: State, at: datetime, **columns: Any) -> AccessRequest:
        return AccessRequest(
            action=Action.SELF_ACTIVATE,
            family=Family.ACTIVATION,
            state=state,
            principal_id=row.principal_id,
            requester_id=row.principal_id,
            requester_name="Person",
            role_id=row.role_id,
            resource_id=row.resource_id,
            eligible=row,
            duration_minutes=60,
            justification="Needed for the change",
            created_at=at,
            **columns,
        )

    def _approvals(self, requests: Iterable[AccessRequest], approver: User) -> Iterator[Approval]:
        for row in requests:
            if row.state == State.DENIED:
                yield Approval(
                    request=row,
                    approver=approver,
                    requester_id=row.requester_id,
                    decision=Approval.Decision.DENIED,
                    decided_at=row.closed_at,
                )

    def _events(self, administrator: User) -> Iterator[AuditEvent]:
        for number in range(self.history * 10):
            person, resource = number % len(self.people), self.resources[number % len(self.resources)]
            provider, path = (
                (Provider.RESOURCES, resource.path) if number % 2 else (Provider.DIRECTORY, DIRECTORY_PATH)
            )
            yield AuditEvent(
                at=self.now - number * MINUTE,
                action=AuditAction.ACTIVATION_STARTED,
                outcome=Outcome.SUCCESS,
                actor_kind="user",
                actor_id=str(administrator.pk if number % 1000 == 0 else self.people[person]),
                actor_name=f"Person {person:06}",
                target_kind="user",
                target_id=str(self.people[person]),
                target_name=f"Person {person:06}",
                role="Role",
                provider=provider,
                resource_path=path,
                resource_name="Resource",
            )

    def _notices(self, administrator: User) -> Iterator[Notice]:
        for number in range(self.total // 10):
            at = self.now - number * HOUR
            yield Notice(
                key=f"test:{number}",
                address=administrator.email,
                recipient_id=administrator.pk,
                event=NoticeEvent.ROLE_ASSIGNED,
                subject=f"Role {number} assigned",
                text="A role was assigned.",
                created_at=at,
                state=Notice.State.KEPT,
                read_at=at if number % 3 else None,
            )


def _write(model: type[Row], rows: Iterable[Row]) -> None:
    """All of these rows, a few hundred with each statement. A table that rests on another one, as that of
    users does, gets its own columns alone."""
    own = [field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    rest = iter(rows)
    manager = models.QuerySet(model)
    while batch := list(islice(rest, AT_ONCE)):
        manager._insert(batch, fields=own, using="default")
