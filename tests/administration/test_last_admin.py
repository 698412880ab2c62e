"""No order of removals, expiries and disablings leaves the portal without a Global Administrator: whatever is
done, and refused, somebody enabled holds the role for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.db.models import QuerySet
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from apps.access_requests.asks import THE_CONSOLE, Actor, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.services.deciding import decide
from apps.access_requests.services.door import submit
from apps.access_requests.services.recording import digest_now
from apps.access_requests.services.revoking import revoke_all
from apps.access_requests.services.settling import settle_all
from apps.access_requests.services.verdicts import Offer, Verdict
from apps.access_requests.states import Action
from apps.accounts.models import Group, User
from apps.accounts.policy import SecondFactor
from apps.administration.policy.imports import Kind
from apps.administration.services.groups import manage_group, release_group
from apps.administration.services.imports.handlers import HANDLERS
from apps.administration.services.people import disable_person, enable_person, reset_factor
from apps.administration.services.recovery import recover_admin
from apps.administration.services.roles import change_role, create_role
from apps.assignments.models import Assignment
from apps.assignments.selectors import access_now
from apps.assignments.sweep import write_down_the_clock
from apps.common.access import DIRECTORY_PATH, Permission, Provider
from apps.common.errors import DomainError
from apps.jobs.models import Job
from apps.jobs.running import run_jobs
from apps.jobs.services import plan_reversal, start_job
from apps.roles import built_in
from apps.roles.models import RoleDefinition
from apps.roles.selectors import directory, rules_for
from tests.access_requests.draws import kinds, mostly, one_of_many
from tests.administration.test_imports import line, plan
from tests.factories import acting, assign, make_active, make_group, make_user, save_rules

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SAID = Said("For the test")
GLOBAL, MEMBER = built_in.GLOBAL_ADMINISTRATOR, built_in.GROUP_MEMBER
someone = st.integers(0, 3)
lasting = st.sampled_from([None, None, HOUR, 30 * DAY])
later = st.sampled_from([None, None, None, 2 * HOUR])
changing = st.sampled_from(
    [Action.ADMIN_UPDATE, Action.ADMIN_UPDATE, Action.ADMIN_EXTEND, Action.ADMIN_RENEW]
)
changes_of_people = st.sampled_from([disable_person, disable_person, enable_person, reset_factor])


class Siege(RuleBasedStateMachine):
    """Ann and Bea are Global Administrators for good, Bea as a member of the admins; in most histories one of
    them alone. Cat is one for a month, Dan may become one. Whatever they and the console can do
    to each other, they try."""

    cast: ClassVar[list[User]]
    admins: ClassVar[Group]
    begun: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.now = self.begun + MINUTE
        self.example = transaction.atomic()
        self.example.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @initialize(left=st.sampled_from([None, "Ann", "Bea"]))
    def begin(self, left: str | None) -> None:
        """Which of the two is there."""
        gone = {"Ann": "Bea", "Bea": "Ann"}.get(left or "")
        for row in Assignment.objects.filter(principal__name=gone):
            submit(Ask(Action.ADMIN_REMOVE, assignment_id=row.pk), actor=THE_CONSOLE, now=self.now)

    # ---- The door

    @rule(console=mostly, who=someone, what=one_of_many)
    def remove(self, console: bool, who: int, what: int) -> None:
        self.ask(
            self.actor(console, who), Ask(Action.ADMIN_REMOVE, assignment_id=self.row(what).pk, said=SAID)
        )

    @rule(
        console=mostly, who=someone, what=one_of_many, action=changing, kind=kinds, start=later, lasts=lasting
    )
    def change(
        self, console: bool, who: int, what: int, action: Any, kind: Any, start: Any, lasts: Any
    ) -> None:
        period = self.period(start, lasts)
        ask = Ask(action, assignment_id=self.row(what).pk, kind=kind, said=SAID, **period)
        self.ask(self.actor(console, who), ask)

    @rule(console=mostly, who=someone, whom=st.integers(0, 4), group=st.booleans(), kind=kinds, lasts=lasting)
    def give(self, console: bool, who: int, whom: int, group: bool, kind: Any, lasts: Any) -> None:
        holder = [*self.cast, self.admins][whom]
        role, resource = (MEMBER, self.admins.resource) if group else (GLOBAL, directory())
        keys = {"principal_id": holder.pk, "role_id": role, "resource_id": resource.pk}
        ask = Ask(Action.ADMIN_ASSIGN, kind=kind, said=SAID, **keys, **self.period(None, lasts))
        self.ask(self.actor(console, who), ask)

    @rule(
        what=one_of_many,
        action=st.sampled_from([Action.SELF_ACTIVATE, Action.SELF_EXTEND, Action.SELF_RENEW]),
    )
    def ask_for_oneself(self, what: int, action: Any) -> None:
        row = self.row(what)
        if not row.principal.is_group:
            ask = Ask(action, assignment_id=row.pk, minutes=60, said=SAID)
            self.ask(acting(row.principal.user, now=self.now), ask)

    @rule(who=someone, what=one_of_many, kind=kinds, start=later, lasts=lasting)
    def decide(self, who: int, what: int, kind: Any, start: Any, lasts: Any) -> None:
        request = self.one_of(AccessRequest.objects.waiting().with_names(), what)
        if request is not None:
            digest = digest_now(request, rules_for(request.role, request.resource), now=self.now)
            offer = kind and Offer(kind, **self.period(start, lasts))
            verdict = Verdict(request.pk, True, digest, "Agreed", offer)
            self.attempt(lambda: decide(verdict, actor=self.actor(False, who), now=self.now))

    @rule(console=mostly, who=someone, whom=someone)
    def revoke_everything(self, console: bool, who: int, whom: int) -> None:
        self.attempt(
            lambda: revoke_all(self.person(whom), actor=self.actor(console, who), said=SAID, now=self.now)
        )

    # ---- Administration

    @rule(console=mostly, who=someone, whom=someone, command=changes_of_people)
    def change_person(self, command: Any, console: bool, who: int, whom: int) -> None:
        actor = self.actor(console, who)
        self.attempt(lambda: command(self.cast[whom].pk, actor=actor, now=self.now))

    @rule(who=someone, what=st.sampled_from(["manage", "release", "recover", "rule", "create", "change"]))
    def administer(self, who: int, what: str) -> None:
        """What changes nobody's assignment, or so it should be."""
        actor, now = self.actor(False, who), self.now
        commands = {
            "manage": lambda: manage_group(self.admins.pk, actor=actor, now=now),
            "release": lambda: release_group(self.admins.pk, actor=actor, now=now),
            "recover": lambda: recover_admin(self.person(who), now=now),
            "rule": lambda: save_rules(GLOBAL, permanent_active=False, active_maximum_days=15, now=now),
            "create": lambda: create_role(provider=Provider.DIRECTORY, name="Deputy", **self.deputy(who)),
            "change": lambda: self.redefine(who),
        }
        self.attempt(commands[what])

    def deputy(self, who: int) -> dict[str, Any]:
        """A role that gives as much is no Global Administrator."""
        granted = frozenset([(Provider.DIRECTORY, Permission.GLOBAL_ADMINISTRATORS_MANAGE)])
        return {"granted": granted, "actor": self.actor(False, who), "now": self.now}

    def redefine(self, who: int) -> None:
        for role in RoleDefinition.objects.filter(pk=GLOBAL) | RoleDefinition.objects.custom():
            change_role(role.pk, name=role.name, seen="", **self.deputy(who))

    @rule(
        who=someone,
        whom=someone,
        kind=st.sampled_from(Assignment.Kind),
        ends=st.sampled_from(["", "2026-12-24"]),
    )
    def import_a_file(self, who: int, whom: int, kind: Any, ends: str) -> None:
        row = line(self.cast[whom].email, role="Global Administrator", kind=kind.value, ends=ends)
        admin = self.person(who)
        self.attempt(lambda: self.apply(plan(Kind.ASSIGNMENTS, row, by=admin, now=self.now), admin))

    @rule(who=someone, what=one_of_many)
    def take_a_file_back(self, who: int, what: int) -> None:
        job, admin = self.one_of(Job.objects.filter(state="done"), what), self.person(who)
        access = acting(admin, now=self.now).access
        if job is not None:
            self.attempt(
                lambda: self.apply(plan_reversal(job=job, actor=admin, access=access, now=self.now), admin)
            )

    # ---- The clock

    @rule(step=st.sampled_from([MINUTE, 3 * HOUR, 31 * DAY]), sweeps=st.booleans())
    def wait(self, step: timedelta, sweeps: bool) -> None:
        self.now += step
        if sweeps:
            write_down_the_clock(now=self.now)
            settle_all(now=self.now)

    # ---- What must never be false

    @invariant()
    def somebody_is_global_administrator(self) -> None:
        for_good = Assignment.objects.filter(kind="active", origin="assigned", ends_at=None, ended_at=None)
        held = set(for_good.filter(starts_at__lte=self.now).values_list("principal", "role"))
        roles = {(id_, GLOBAL) for id_, role in held if role == GLOBAL}
        if (self.admins.pk, GLOBAL) in roles:
            roles |= {(id_, MEMBER) for id_, role in held if role == MEMBER}
        keepers = User.objects.filter(is_enabled=True, pk__in=[id_ for id_, _ in roles])
        assert any(self.administers(user) for user in keepers)

    def administers(self, user: User) -> bool:
        needed = Permission.GLOBAL_ADMINISTRATORS_MANAGE, Provider.DIRECTORY, DIRECTORY_PATH
        return access_now(user, now=self.now).may(*needed)

    # ---- Parts

    def actor(self, console: bool, who: int) -> Actor:
        return THE_CONSOLE if console else acting(self.person(who), now=self.now)

    def person(self, number: int) -> User:
        return User.objects.get(pk=self.cast[number].pk)

    def row(self, number: int) -> Assignment:
        """Mostly one that keeps somebody Global Administrator."""
        rows = Assignment.objects.filter(role_id__in=(GLOBAL, MEMBER), ended_at=None).with_names()
        return self.one_of(rows.filter(kind="active", ends_at=None) if number % 4 else rows, number)

    def one_of(self, rows: QuerySet[Any], number: int) -> Any:
        found = list(rows.order_by("created_at", "id"))
        return found[number % len(found)] if found else None

    def period(self, start: timedelta | None, lasts: timedelta | None) -> dict[str, Any]:
        starts_at = self.now + start if start else None
        return {"starts_at": starts_at, "ends_at": lasts and (starts_at or self.now) + lasts}

    def apply(self, job: Job, by: User) -> None:
        access, factor = acting(by, now=self.now).access, SecondFactor(self.now, device="Phone")
        self.work()
        start_job(job=job, actor=by, access=access, second_factor=factor, now=self.now)
        self.work()

    def work(self) -> None:
        run_jobs(HANDLERS, clock=lambda: self.now, until=self.now + MINUTE)

    def ask(self, actor: Actor, ask: Ask) -> None:
        self.attempt(lambda: submit(ask, actor=actor, now=self.now))

    def attempt(self, command: Callable[[], object]) -> None:
        try:
            with transaction.atomic():
                command()
        except DomainError:
            pass


@pytest.mark.django_db
def test_somebody_stays_global_administrator_through_any_history(now):
    cat, dan = make_user("Cat", now=now), make_user("Dan", now=now)
    Siege.cast = [make_user("Ann", now=now), make_user("Bea", now=now), cat, dan]
    ann, bea = Siege.cast[:2]
    Siege.admins, Siege.begun = make_group("Admins", is_role_assignable=True, is_managed=False, now=now), now
    for principal in (ann, Siege.admins):
        make_active(principal, GLOBAL, now=now)
    make_active(bea, MEMBER, Siege.admins.resource, now=now)
    make_active(cat, GLOBAL, ends_at=now + 30 * DAY, now=now)
    assign(dan, GLOBAL, now=now)

    run_state_machine_as_test(
        Siege, settings=settings(max_examples=settings.default.max_examples // 15, stateful_step_count=12)
    )
