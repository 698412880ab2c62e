"""Whatever the way in, the same limits hold: rules are set by a command, on the page of a role, copied from
another one, with those of others, or by a file, and each says the same and leaves the same."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.administration.policy.settings_file import write_settings
from apps.administration.policy.settings_words import cell_name
from apps.administration.selectors.settings_changes import Change
from apps.administration.selectors.settings_file import settings_as_blocks
from apps.administration.services.settings import change_settings
from apps.assignments.selectors import access_now
from apps.common.access import Provider
from apps.roles import built_in
from apps.roles.models import Resource, SettingsChange
from apps.roles.policy.plain import CELLS, as_plain
from apps.roles.policy.rules import Authentication, RoleRules, Seat, SeatKind
from apps.roles.selectors import settings_at
from tests.administration.ways import Browser, refusals_of, refusals_on, tried
from tests.factories import (
    acting,
    assign,
    make_active,
    make_group,
    make_resource,
    make_user,
    role,
    save_rules,
)

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=30)
MANAGER = Seat(SeatKind.MANAGER, None, SeatKind.MANAGER.label)


@dataclass(frozen=True)
class Spot:
    """A role in one place whose rules are to change, and another role there to copy them from."""

    provider: Provider
    role_id: Any
    source_id: Any
    resource: Resource | None


@st.composite
def wishes(draw, world):
    """Who wants which rules where. Every rule is chosen, so that each way says all of them."""
    yes_no = st.booleans()
    days = st.sampled_from([15, 90, 365])
    authentication = draw(st.sampled_from(Authentication))
    is_context = authentication == Authentication.CONTEXT
    flags = {each.name: draw(yes_no) for each in fields(RoleRules) if isinstance(each.default, bool)}
    rules = RoleRules(
        maximum_half_hours=draw(st.sampled_from([1, 16, 48])),
        authentication=authentication,
        authentication_context=draw(st.sampled_from(["c1", "c1", ""])) if is_context else "",
        approval_window_minutes=draw(st.sampled_from([30, 60, 1440])),
        eligible_maximum_days=draw(days),
        active_maximum_days=draw(days),
        approvers=tuple(draw(st.lists(st.sampled_from(world.seats), unique=True, max_size=2))),
        **flags,
    )
    return draw(st.sampled_from(world.admins)), draw(st.sampled_from(world.spots)), rules


@pytest.fixture
def world(db, settings):
    """Alma is Global Administrator, Kim owns Platform and no more. Wes is eligible for what is to change."""
    settings.SECOND_FACTOR_MAX_AGE = 3600  # a slow machine takes its time
    now = timezone.now()
    people = {name: make_user(name, now=now) for name in ("Alma", "Bob", "Kim", "Wes", "Ada")}
    platform = make_resource("Platform", now=now)
    groups = [make_group("Team", now=now), make_group("Desk", is_role_assignable=True, now=now)]
    for name in ("Alma", "Bob"):
        make_active(people[name], built_in.GLOBAL_ADMINISTRATOR, now=now)
    make_active(people["Kim"], built_in.RESOURCE_OWNER, platform, now=now, ends_at=now + MONTH)
    assign(people["Wes"], now=now)
    assign(people["Wes"], built_in.CONTRIBUTOR, platform, now=now, ends_at=now + MONTH)
    approvers = [people["Ada"], people["Alma"], make_user("Lost", enrolled=False, now=now), *groups]
    return SimpleNamespace(
        now=now,
        spots=[
            Spot(Provider.DIRECTORY, built_in.TEAMS_ADMINISTRATOR, built_in.SECURITY_READER, None),
            Spot(Provider.RESOURCES, built_in.CONTRIBUTOR, built_in.READER, platform),
        ],
        seats=[MANAGER, *(Seat(SeatKind.PRINCIPAL, each.pk, each.name, each.is_group) for each in approvers)],
        admins=[people["Alma"], people["Alma"], people["Alma"], people["Kim"]],
        browsers={people[name].pk: Browser(people[name]) for name in ("Alma", "Kim")},
        reader=people["Alma"],
    )


class Ways:
    """The ways in that one admin has. `expected` is what the command refuses with."""

    def __init__(self, world: Any, admin: Any, spot: Spot, wanted: RoleRules) -> None:
        self.world, self.admin, self.spot, self.wanted = world, admin, spot, wanted
        self.role, self.browser = role(spot.role_id), world.browsers[admin.pk]
        self.expected: Any = ()

    @property
    def pages(self) -> list[Any]:
        """Copying and files take rules that stand somewhere; without the context they ask for none can."""
        typed = [self.page, self.with_others]
        asks_for_context = self.wanted.authentication == Authentication.CONTEXT
        can_stand = bool(self.wanted.authentication_context) or not asks_for_context
        return [*typed, self.copy, self.file] if can_stand else typed

    def command(self) -> Any:
        actor, change = (
            acting(self.admin, now=self.world.now),
            Change(self.role, self.spot.resource, self.wanted),
        )
        return refusals_of(lambda: change_settings([change], actor=actor, now=self.world.now))

    def page(self) -> Any:
        """Saved, or first shown because it asks for less, and then saved."""
        url = self._url("edit_settings", self.role.pk)
        typed = self._typed(yes="on", no=None) | {"approver_manager": self._names_manager("on")}
        typed |= {f"{cell_name(*cell)}_default": "on" for cell in CELLS}
        page = self.browser.get(url)
        typed |= {"base": page.context["base"]} if page.status_code == 200 else {}
        shown = self.browser.post(url, _filled(typed))
        if shown.status_code == 200 and not shown.context["form"].errors:
            shown = self.browser.post(url, _filled(typed | {"plan": shown.context["plan"]}))
        return refusals_on(shown, self.expected)

    def copy(self) -> Any:
        self._save_as_source()
        return self._planned(self._url("copy_settings", self.spot.source_id), self._targets())

    def with_others(self) -> Any:
        typed = self._typed(yes="yes", no="no") | {
            "manager": self._names_manager("on"),
            "replace_approvers": "on",
        }
        return self._planned(self._url("change_many_settings"), _filled(typed | self._targets()))

    def file(self) -> Any:
        self._save_as_source()
        name = role(self.spot.source_id).name
        blocks = settings_as_blocks(access_now(self.world.reader, now=self.world.now))
        (block,) = [each for each in blocks if each.role == name]
        text = write_settings([replace(block, role=self.role.name)])
        return self._planned(reverse("administration:settings_file"), {"text": text})

    def left(self) -> Any:
        """The rules that are in force after it, and how often they were changed."""
        found = settings_at(self.role, self.spot.resource)
        return as_plain(found.rules), found.is_own, SettingsChange.objects.filter(role=self.role).count()

    def _planned(self, url: str, data: dict[str, Any]) -> Any:
        """Looked at, then applied as it was shown."""
        shown = self.browser.post(url, data)
        if shown.status_code != 200:
            return refusals_on(shown, self.expected)
        data = data | {"apply": "1", "digest": shown.context["plan"].digest}
        return refusals_on(self.browser.post(url, data), self.expected)

    def _save_as_source(self) -> None:
        values = {each.name: getattr(self.wanted, each.name) for each in fields(RoleRules)}
        save_rules(self.spot.source_id, resource=self.spot.resource, now=self.world.now, **values)

    def _url(self, view: str, *ids: Any) -> str:
        url = reverse(f"administration:{view}", args=[self.spot.provider, *ids])
        return f"{url}?on={self.spot.resource.pk}" if self.spot.resource else url

    def _targets(self) -> dict[str, Any]:
        places = {"places": [self.spot.resource.pk]} if self.spot.resource else {}
        return {"roles": [self.role.pk], **places}

    def _typed(self, *, yes: str, no: str | None) -> dict[str, Any]:
        plain = {each.name: getattr(self.wanted, each.name) for each in fields(RoleRules)}
        del plain["cells"]
        named = [seat.principal_id for seat in plain.pop("approvers") if seat.principal_id]
        boxes = {name: yes if value else no for name, value in plain.items() if isinstance(value, bool)}
        return plain | boxes | {"approvers": named}

    def _names_manager(self, word: str) -> str | None:
        return word if MANAGER in self.wanted.approvers else None


def _filled(typed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in typed.items() if value is not None}


def test_sets_rules_by_the_same_limits_whatever_the_way(world):
    seen = set()

    @settings(max_examples=settings.default.max_examples // 24)
    @given(wishes(world))
    def check(drawn):
        with transaction.atomic():
            seen.add(ways_agree(world, *drawn))
            transaction.set_rollback(True)

    check()
    assert True in seen


def ways_agree(world: Any, admin: Any, spot: Spot, wanted: RoleRules) -> bool:
    """Whether it was done; that all ways agree is asserted."""
    save_rules(spot.role_id, resource=spot.resource, now=world.now, maximum_half_hours=3)
    ways = Ways(world, admin, spot, wanted)
    command = tried(ways.command, ways.left)
    ways.expected = command.refusals
    for way in ways.pages:
        answer = tried(way, ways.left)
        assert answer.left == command.left, (way.__name__, command.refusals, answer.refusals)
        assert bool(answer.refusals) == bool(command.refusals), (way.__name__, answer.refusals)
        if admin.name == "Alma":
            assert answer.refusals == command.refusals, way.__name__
    return not command.refusals
