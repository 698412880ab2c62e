"""Whatever the way in, the same limits hold: a role is given or changed by a command, on a page, with others,
or by a file, and each says the same and leaves the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.access_requests.asks import Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.accounts.models import Principal
from apps.administration.policy.imports import Kind
from apps.assignments.models import Assignment
from apps.common.access import Provider
from apps.common.decision import Refusal
from apps.common.errors import DomainError
from apps.jobs.states import Verdict
from apps.roles import built_in
from apps.roles.models import Resource, RoleDefinition
from apps.roles.selectors import directory
from tests.access_requests.draws import mostly
from tests.administration.test_imports import applied, plan
from tests.administration.ways import Browser, refusals_of, refusals_on, tried
from tests.factories import (
    acting,
    assign,
    make_active,
    make_group,
    make_resource,
    make_user,
    role,
    set_rules,
)

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Wish:
    """Somebody shall have a role. `row` is the assignment to change; without it a new one is meant."""

    role: RoleDefinition
    resource: Resource
    holder: Principal
    kind: Assignment.Kind
    ends_at: datetime | None
    why: str
    row: Assignment | None = None

    @property
    def ask(self) -> Ask:
        keys = {"principal_id": self.holder.pk, "role_id": self.role.pk, "resource_id": self.resource.pk}
        about = {"assignment_id": self.row.pk} if self.row else keys
        action = Action.ADMIN_UPDATE if self.row else Action.ADMIN_ASSIGN
        return Ask(action, kind=self.kind, ends_at=self.ends_at, said=Said(self.why), **about)

    @property
    def fields(self) -> dict[str, Any]:
        """As they are typed in a form."""
        end = f"{self.ends_at:%Y-%m-%dT%H:%M}" if self.ends_at else ""
        typed = {"start": "now", "end": "other" if end else "permanent", "ends_at": end}
        return typed | {"kind": self.kind.value, "justification": self.why}

    @property
    def cells(self) -> tuple[str, ...]:
        """As they stand in a line of a file."""
        holder = self.holder.name if self.holder.is_group else self.holder.user.email
        where = "" if self.role.provider == Provider.DIRECTORY else self.resource.name
        end = f"{self.ends_at:%Y-%m-%d %H:%M}" if self.ends_at else ""
        return holder, self.role.name, self.role.provider, where, self.kind.value, "", end, self.why


@st.composite
def wishes(draw, world):
    """Rules are in force, and a wish that mostly fits them, or just does not."""
    role_id, resource = draw(st.sampled_from(world.grants))
    holder = draw(st.sampled_from(world.holders))
    days = draw(st.sampled_from([15, 90]))
    lasts = draw(st.sampled_from([None, HOUR, days * DAY - HOUR, days * DAY + HOUR, -DAY]))
    rules = {
        "permanent_eligible": draw(mostly),
        "permanent_active": draw(mostly),
        "eligible_maximum_days": days,
        "active_maximum_days": days,
        "active_requires_justification": draw(st.booleans()),
        "approvers": draw(st.sampled_from([(), (), (world.lost,)])),
    }
    kind = draw(st.sampled_from(Assignment.Kind))
    wish = Wish(
        role(role_id),
        resource,
        holder,
        kind,
        lasts and (world.now + lasts).replace(second=0, microsecond=0),
        draw(st.sampled_from(["", "Needed"])),
    )
    return draw(st.sampled_from(world.admins)), rules, wish, draw(st.booleans())


@pytest.fixture
def world(db, settings):
    """Alma is Global Administrator, as is Bob; Kim owns Platform and no more."""
    settings.SECOND_FACTOR_MAX_AGE = 3600  # a slow machine takes its time
    now = timezone.now()
    people = {name: make_user(name, now=now) for name in ("Alma", "Bob", "Kim", "Wes", "Zoe")}
    platform, team = make_resource("Platform", now=now), make_group("Team", now=now)
    loose = make_group("Loose", is_managed=False, now=now)
    desk = make_group("Desk", is_role_assignable=True, now=now)
    for name in ("Alma", "Bob"):
        make_active(people[name], built_in.GLOBAL_ADMINISTRATOR, now=now)
    make_active(people["Kim"], built_in.RESOURCE_OWNER, platform, now=now, ends_at=now + 30 * DAY)
    return SimpleNamespace(
        now=now,
        grants=[
            (built_in.TEAMS_ADMINISTRATOR, directory()),
            (built_in.CONTRIBUTOR, platform),
            (built_in.GROUP_MEMBER, team.resource),
            (built_in.GROUP_MEMBER, loose.resource),
        ],
        holders=[*[Principal.objects.get(pk=people[name].pk) for name in ("Wes", "Wes", "Alma")], team, desk],
        admins=[people["Alma"], people["Alma"], people["Alma"], people["Kim"]],
        other=people["Zoe"],
        lost=make_user("Lost", enrolled=False, now=now),
        browsers={people[name].pk: Browser(people[name]) for name in ("Alma", "Kim")},
    )


class Ways:
    """The ways in that one admin has. `expected` is what the door refuses with."""

    def __init__(self, world: Any, admin: Any, wish: Wish) -> None:
        self.world, self.admin, self.wish = world, admin, wish
        self.browser = world.browsers[admin.pk]
        self.expected: tuple[Refusal, ...] = ()

    def door(self) -> Any:
        actor = acting(self.admin, now=self.world.now)
        return refusals_of(lambda: submit(self.wish.ask, actor=actor, now=self.world.now))

    def page(self) -> Any:
        if self.wish.row:
            return self._changed([self.wish.row])
        wish = self.wish
        chosen = {"role": wish.role.pk, "resource": wish.resource.pk, "principals": [wish.holder.pk]}
        on = "" if wish.role.provider == Provider.DIRECTORY else f"?on={wish.resource.pk}"
        url = reverse("access_requests:add_assignments", args=[wish.role.provider])
        response = self.browser.post(f"{url}{on}", chosen | wish.fields)
        return refusals_on(response, self.expected)

    def page_with_another(self) -> Any:
        """Their row and somebody else's at once."""
        return self._changed([self.wish.row, self.world.beside]) if self.wish.row else self.page()

    def file(self) -> Any:
        try:
            job = plan(Kind.ASSIGNMENTS, self.wish.cells, by=self.admin, now=self.world.now)
        except DomainError as error:
            return [Refusal("File", str(error))]
        (line,) = job.lines.all()
        if line.verdict == Verdict.WRONG:
            said = " ".join(refusal.reason for refusal in self.expected)
            return self.expected if line.reason == said else [Refusal("File", line.reason)]
        applied(job, self.admin, self.world.now)
        line.refresh_from_db()
        return [] if line.state == "done" else [Refusal("Job", line.reason)]

    def _changed(self, rows: list[Assignment]) -> Any:
        url = reverse("access_requests:change_assignments", args=["update"])
        response = self.browser.post(url, self.wish.fields | {"pick": [row.pk for row in rows]})
        return refusals_on(response, self.expected)

    def left(self) -> Any:
        """What they hold after it, and what was asked."""
        held = Assignment.objects.filter(principal=self.wish.holder, ended_at=None)
        asked = AccessRequest.objects.filter(principal=self.wish.holder)
        ends = [(row.role_id, row.resource_id, row.kind, _minute(row.ends_at)) for row in held]
        states = [(row.action, row.state, _minute(row.ends_at), row.justification) for row in asked]
        return sorted(ends, key=str), sorted(states, key=str)


def _minute(instant: datetime | None) -> datetime | None:
    return instant and instant.replace(second=0, microsecond=0)


def test_gives_a_role_by_the_same_rules_whatever_the_way(world):
    seen = set()

    @settings(max_examples=settings.default.max_examples // 12)
    @given(wishes(world))
    def check(drawn):
        admin, rules, wish, is_there = drawn
        with transaction.atomic():
            set_rules(wish.role.pk, now=world.now, **rules)
            seen.add(ways_agree(world, admin, _with_row(wish, world) if is_there else wish))
            transaction.set_rollback(True)

    check()
    assert True in seen


def _with_row(wish: Wish, world: Any) -> Wish:
    """The same of what the holder has already, to be changed; somebody else has it, too."""
    terms = {"kind": wish.kind, "now": world.now, "ends_at": world.now + 5 * DAY}
    try:
        row, world.beside = (
            assign(principal, wish.role.pk, wish.resource, **terms)
            for principal in (wish.holder, world.other)
        )
    except DomainError:
        return wish  # nobody can hold that
    return replace(wish, row=row)


def ways_agree(world: Any, admin: Any, wish: Wish) -> bool:
    """Whether it was done; that all ways agree is asserted."""
    ways = Ways(world, admin, wish)
    door = tried(ways.door, ways.left)
    ways.expected = door.refusals
    for way in (ways.page, ways.page_with_another, ways.file):
        answer = tried(way, ways.left)
        assert answer.left == door.left, (way.__name__, door.refusals, answer.refusals)
        if admin.name == "Alma":
            assert answer.refusals == door.refusals, way.__name__
        assert bool(answer.refusals) == bool(door.refusals), way.__name__
    return not door.refusals
