"""No sequence of actions by a User Administrator, a group owner, a scope keeper or a custom role's holder,
with a friend who holds nothing and accounts that they take over, gains power that they were not given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, TypeVar

import pytest
from django.db import transaction

from apps.access_requests.asks import Actor, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.terms import terms_of
from apps.access_requests.services.deciding import decide
from apps.access_requests.services.door import submit
from apps.access_requests.services.recording import digest_now
from apps.access_requests.services.verdicts import Verdict
from apps.access_requests.states import Action
from apps.accounts.models import Group, User
from apps.administration.selectors.moving import move_of
from apps.administration.selectors.settings_changes import Change
from apps.administration.services import people
from apps.administration.services.groups import create_group, manage_group, release_group
from apps.administration.services.resources import create_resource, move_resource
from apps.administration.services.roles import create_role
from apps.administration.services.settings import change_settings
from apps.assignments.models import Assignment
from apps.common.access import Permission, Provider
from apps.common.errors import DomainError
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.rules import Seat, SeatKind
from apps.roles.selectors import rules_for
from tests.administration.conspiracy import (
    CY,
    KAY,
    OLGA,
    START,
    UNA,
    Theirs,
    World,
    have,
    make_user_administrator,
    make_world,
)
from tests.factories import acting

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SAID = Said(justification="Needed")
HISTORIES, STEPS = 5, 30
ALWAYS_THE_SAME = ("created_at", "principal__name", "role__name", "resource__name", "kind")
Item = TypeVar("Item")


class Conspiracy:
    """What the crew tries, one random step after the other. `done` counts what was not refused."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = Random(seed)  # noqa: S311 - the same history each time
        self.now = START + HOUR
        self.crew = list(self.world.conspirators)
        self.had = have(self.crew, START)
        self.theirs = Theirs.of(self.crew, world.powerless, START)
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        steps = (
            *[self.give] * 9,
            *[self.change_a_row, self.activate, self.take_over, self.rule] * 2,
            *[self.approve_whatever_waits, self.make_a_manager, self.found_a_group],
            *[self.switch_management, self.move, self.build, self.define_a_role, self.wait],
        )
        self.one(steps)()

    def gained(self) -> list[Any]:
        """What they have between them, had not in the beginning, and was not theirs to give themselves."""
        more = have(self.crew, self.now) - self.had
        return [thing for thing in more if not self.theirs.allows(thing)]

    # ---- At the door

    def give(self) -> None:
        provider = self.one([*[Provider.GROUPS] * 5, *[Provider.RESOURCES] * 4, Provider.DIRECTORY])
        grants = [grant for grant in self.world.grants if grant[1].provider == provider]
        tempting = self.theirs.tempting
        role_id, resource = self.one(self.mostly(grants, lambda grant: grant[1].pk in tempting))
        who = [UNA, OLGA, KAY] if resource.group_id else [KAY]
        holders = self.one([self.crew, self.crew, self.groups(), self.world.people])
        ask = Ask(
            Action.ADMIN_ASSIGN,
            principal_id=self.one(holders).pk,
            role_id=role_id,
            resource_id=resource.pk,
            kind=self.one(Assignment.Kind.__members__.values()),
            ends_at=self.now + 20 * DAY,
            said=SAID,
        )
        self.try_to(ask.action, lambda: submit(ask, actor=self.actor(who), now=self.now))

    def change_a_row(self) -> None:
        rows = Assignment.objects.filter(origin="assigned").order_by(*ALWAYS_THE_SAME)
        row = self.one(self.mostly(rows, lambda row: row.resource_id in self.theirs.giving))
        actions = [Action.ADMIN_REMOVE, Action.ADMIN_UPDATE, Action.ADMIN_EXTEND, Action.ADMIN_RENEW]
        action = self.one([*actions, Action.SELF_EXTEND, Action.SELF_RENEW])
        kind = self.one(Assignment.Kind.__members__.values())
        ask = Ask(action, assignment_id=row.pk, kind=kind, ends_at=self.now + 25 * DAY, said=SAID)
        who = self.numbers_of(row.principal_id) or [UNA, OLGA, KAY]
        self.try_to(action, lambda: submit(ask, actor=self.actor(who), now=self.now))

    def activate(self) -> None:
        rows = Assignment.objects.eligible().order_by(*ALWAYS_THE_SAME)
        row = self.one(self.mostly(rows, lambda row: bool(self.numbers_of(row.principal_id))))
        who = self.numbers_of(row.principal_id)
        ask = Ask(Action.SELF_ACTIVATE, assignment_id=row.pk, minutes=60, said=SAID)
        self.try_to(ask.action, lambda: submit(ask, actor=self.actor(who), now=self.now))

    def approve_whatever_waits(self) -> None:
        for item in AccessRequest.objects.waiting().with_names().order_by("created_at", "id"):
            if item.eligible:
                rules = terms_of(item.principal_id, item.role, item.ground.resource, now=self.now)
            else:
                rules = rules_for(item.role, item.resource)
            verdict = Verdict(item.pk, True, digest_now(item, rules, now=self.now), "Agreed")
            actor = self.actor([])
            self.try_to("decide", lambda v=verdict, a=actor: decide(v, actor=a, now=self.now))

    # ---- In administration

    def take_over(self) -> None:
        """Another address of one's own: from then on the account is one of the crew's."""
        victim = self.one(self.mostly(self.world.people, lambda user: user.name == "Wes"))
        wanted = {"email": f"crew-{victim.name.lower()}@example.com"}
        if self.try_to("take over", lambda: self._change(victim, wanted)) and victim not in self.crew:
            self.crew.append(victim)

    def make_a_manager(self) -> None:
        victim, manager = self.one(self.world.people), self.one(self.crew)
        self.try_to("manager", lambda: self._change(victim, {"manager": User.objects.get(pk=manager.pk)}))

    def _change(self, victim: User, wanted: dict[str, Any]) -> User:
        return people.change_person(victim.pk, actor=self.actor([UNA]), now=self.now, **wanted)

    def rule(self) -> None:
        """Set the rules of a role as they like them, with one of themselves to approve."""
        theirs = self.theirs.ruling
        role_id, resource = self.one(self.mostly(self.world.grants, lambda grant: grant[1].pk in theirs))
        role, friend = RoleDefinition.objects.get(pk=role_id), self.one(self.crew)
        rules = replace(
            rules_for(role, resource),
            requires_approval=True,
            approvers=(Seat(SeatKind.PRINCIPAL, friend.pk, friend.name),),
            maximum_half_hours=48,
        )
        is_directory = resource.provider == Provider.DIRECTORY
        change = Change(role, None if is_directory or self.random.random() < 0.2 else resource, rules)
        who = [OLGA] if resource.group_id else [KAY, CY]
        self.try_to("rules", lambda: change_settings([change], actor=self.actor(who), now=self.now))

    def found_a_group(self) -> None:
        facts = {"description": "", "is_role_assignable": self.random.random() < 0.5, "is_managed": True}
        name = f"Group {Group.objects.count()}"
        self.try_to("group", lambda: create_group(name=name, **facts, actor=self.actor([UNA]), now=self.now))

    def switch_management(self) -> None:
        group = self.one(self.groups())
        command = release_group if group.is_managed else manage_group
        self.try_to("management", lambda: command(group.pk, actor=self.actor([UNA, OLGA]), now=self.now))

    def move(self) -> None:
        rows = Resource.objects.filter(provider=Provider.RESOURCES).order_by("created_at", "name")
        resource, parent = self.one(rows), self.one(rows)
        if resource != parent:
            self.try_to("move", lambda: self._move(resource, parent))

    def _move(self, resource: Resource, parent: Resource) -> Resource:
        seen = move_of(resource, parent, now=self.now).digest
        actor = self.actor([KAY])
        return move_resource(resource.pk, parent_id=parent.pk, seen=seen, actor=actor, now=self.now)

    def build(self) -> None:
        parent = self.one(Resource.objects.filter(provider=Provider.RESOURCES).order_by("created_at", "name"))
        facts = {"parent_id": parent.pk, "name": f"R{Resource.objects.count()}", "kind": "Thing"}
        self.try_to("resource", lambda: create_resource(**facts, actor=self.actor([KAY]), now=self.now))

    def define_a_role(self) -> None:
        provider = self.one(Provider.__members__.values())
        granted = frozenset([(provider, self.one(Permission.__members__.values()))])
        facts = {"name": f"Role {RoleDefinition.objects.count()}", "granted": granted}
        actor = self.actor([])
        self.try_to("role", lambda: create_role(provider=provider, **facts, actor=actor, now=self.now))

    def wait(self) -> None:
        self.now += self.one([HOUR, DAY, 15 * DAY])

    # ---- Parts

    def mostly(self, rows: Iterable[Item], fits: Callable[[Item], bool]) -> list[Item]:
        """Mostly what may be allowed: a history of refusals alone says little."""
        found = list(rows)
        fitting = [row for row in found if fits(row)] if self.random.random() < 0.7 else []
        return fitting or found

    def one(self, rows: Any) -> Any:
        return self.random.choice(list(rows))

    def groups(self) -> Sequence[Group]:
        return list(Group.objects.select_related("resource").order_by("created_at", "name"))

    def numbers_of(self, principal_id: Any) -> list[int]:
        return [number for number, user in enumerate(self.crew) if user.pk == principal_id]

    def actor(self, fitting: list[int]) -> Actor:
        """Mostly somebody who could, else anybody of the crew, as they are now."""
        number = self.one(fitting) if fitting and self.random.random() < 0.8 else None
        user = self.one(self.crew) if number is None else self.crew[number]
        return acting(User.objects.get(pk=user.pk), now=self.now)

    def try_to(self, what: str, command: Callable[[], Item]) -> Item | None:
        """What comes of it; nothing where it is refused."""
        try:
            with transaction.atomic():
                answer = command()
        except DomainError:
            return None
        self.done[what] += 1
        return answer


@pytest.mark.django_db
def test_no_conspiracy_gains_power():
    done, world = Counter[str](), make_world()

    for seed in range(HISTORIES):
        with transaction.atomic():
            if seed % 2:  # without her, more is not theirs
                make_user_administrator(world)
            conspiracy = Conspiracy(world, seed)
            for _ in range(STEPS):
                before = conspiracy.now, conspiracy.done.total()
                conspiracy.step()
                if before != (conspiracy.now, conspiracy.done.total()):
                    assert conspiracy.gained() == [], f"history {seed}"
            done += conspiracy.done
            transaction.set_rollback(True)

    assert {Action.ADMIN_ASSIGN, Action.SELF_ACTIVATE, "take over", "rules", "group"} <= done.keys()
