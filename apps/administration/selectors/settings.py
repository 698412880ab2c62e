"""Role settings as pages show them: all roles of a place, and one role with where its rules come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.access_requests.selectors.approvers import ApproverLine, approvers_for
from apps.accounts.models import User
from apps.administration.policy.settings_words import MAILS, SECTIONS, SETTINGS, Setting, Tab
from apps.administration.selectors.reachability import Governed
from apps.common.access import Access, Permission, Provider
from apps.common.lookup import every_word
from apps.common.paging import Column, Page, newest_first, page_of
from apps.roles.models import Resource, RoleDefinition, RoleSettings, SettingsChange
from apps.roles.policy.rules import APPROVERS_ONLY, Audience, Cell, NoticeCase
from apps.roles.selectors import Settings, history_of, rows_near, settings_among, settings_at_many

_BY_NAME = (Column("name", str), Column("id", UUID))
SHOWN_BELOW = 100
CHANGES_AT_ONCE = 20


@dataclass(frozen=True)
class Below:
    """Rules of a role that are set further down than the place one looks at."""

    role: RoleDefinition
    row: RoleSettings

    @property
    def resource(self) -> Resource | None:
        return self.row.resource


@dataclass(frozen=True)
class SettingsList:
    """A page of the roles of a place, each with the rules in force there."""

    page: Page[RoleDefinition]
    settings: Sequence[Settings]
    below: Sequence[Below]


@dataclass(frozen=True)
class Line:
    """One setting: what it says, and what the inherited rules say where that is something else."""

    setting: Setting
    value: str
    inherited: str

    @property
    def is_other(self) -> bool:
        return self.value != self.inherited


@dataclass(frozen=True)
class Mail:
    """One cell of the notification matrix: which mail, and who gets it unless the cell says otherwise."""

    label: str
    recipients: str
    cell: Cell
    takes_addresses: bool
    is_other: bool


@dataclass(frozen=True)
class SettingsDetail:
    """The rules of one role in one place, by tab. `inherited` is what would be in force if none were set
    here."""

    settings: Settings
    inherited: Settings
    approvers: Sequence[ApproverLine]

    def lines(self, tab: Tab) -> list[Line]:
        rules, above = self.settings.rules, self.inherited.rules
        lines = [Line(each, each.say(rules), each.say(above)) for each in SETTINGS if each.tab == tab]
        return [line for line in lines if line.is_other or line.setting.name != "authentication_context"]

    @property
    def mails(self) -> list[tuple[str, list[Mail]]]:
        """The nine cells, by what happened."""
        return [
            (label, [self._mail(case, audience) for audience in Audience]) for case, label in SECTIONS.items()
        ]

    def _mail(self, case: NoticeCase, audience: Audience) -> Mail:
        key, (label, recipients) = (case, audience), MAILS[case, audience]
        cell, above = self.settings.rules.cell(*key), self.inherited.rules.cell(*key)
        return Mail(label, recipients, cell, key != APPROVERS_ONLY, cell != above)

    @property
    def set_here(self) -> int:
        """How many of the rules differ from the inherited ones."""
        return sum(line.is_other for tab in Tab for line in self.lines(tab))


def settings_list(
    access: Access, provider: Provider, resource: Resource | None, *, q: str = "", after: str = ""
) -> SettingsList:
    """The roles of a provider whose name contains `q`, with the rules in force on `resource`, or (without)
    wherever nothing nearer is set. A fixed number of queries."""
    roles = RoleDefinition.objects.in_use().filter(every_word(q.split(), "name"), provider=provider)
    page = page_of(roles, _BY_NAME, after=after)
    place = None if provider == Provider.DIRECTORY else resource
    found = settings_at_many((role, place) for role in page.rows)
    settings = [found[role.id, place.id if place else None] for role in page.rows]
    return SettingsList(page, settings, _below(access, page.rows, provider, place))


def whole_list(provider: Provider, resource: Resource | None, *, q: str = "") -> list[Settings]:
    """All of what `settings_list` shows a page at a time."""
    roles = RoleDefinition.objects.in_use().filter(every_word(q.split(), "name"), provider=provider)
    place = None if provider == Provider.DIRECTORY else resource
    return list(settings_at_many((role, place) for role in roles.order_by("name", "id")).values())


def settings_detail(role: RoleDefinition, resource: Resource | None, *, now: datetime) -> SettingsDetail:
    rows = rows_near([(role, resource)])[role.id]
    own = settings_among(rows, role, resource)
    above = [(path, row) for path, row in rows if row != own.row]
    return SettingsDetail(own, settings_among(above, role, resource), _approvers(own, now))


def place_of_role(role: RoleDefinition, resource: Resource | None) -> Resource | None:
    """Directory roles have one place: their settings are set for the role."""
    return None if role.provider == Provider.DIRECTORY else resource


def change_at(role: RoleDefinition, resource: Resource | None, id_: UUID | None) -> SettingsChange | None:
    """One change of the history of this place."""
    if id_ is None:
        return None
    return SettingsChange.objects.filter(role=role, resource=resource, pk=id_).first()


def history_page(role: RoleDefinition, resource: Resource | None, *, after: str = "") -> Page[SettingsChange]:
    """The changes in this place, newest first."""
    return page_of(history_of(role, resource), newest_first("at"), after=after, size=CHANGES_AT_ONCE)


def _below(
    access: Access, roles: Sequence[RoleDefinition], provider: Provider, resource: Resource | None
) -> list[Below]:
    """What is set further down, as far as the reader may see it; the first ones by role and name."""
    if provider == Provider.DIRECTORY:
        return []
    places = Resource.objects.visible_to(access, Permission.SETTINGS_READ).filter(provider=provider)
    if resource is not None:
        places = places.below(resource).exclude(pk=resource.pk)
    rows = RoleSettings.objects.filter(role__in=roles, resource__in=places).select_related("resource", "role")
    return [Below(row.role, row) for row in rows.order_by("role__name", "resource__name", "id")[:SHOWN_BELOW]]


def _approvers(settings: Settings, now: datetime) -> Sequence[ApproverLine]:
    """Who can decide, whoever asks."""
    if not settings.rules.requires_approval:
        return ()
    place = Governed(settings.role, settings.resource, settings.rules, ()).place
    return approvers_for(settings.rules, resource=place, requester=User(), now=now).lines
