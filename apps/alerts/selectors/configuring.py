"""How one alert is set in one place, and where that comes from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from django.db.models import QuerySet

from apps.alerts.models import AlertSettings
from apps.alerts.policy.terms import Rule, Setting, Threshold
from apps.alerts.selectors.settings import as_set, default_of
from apps.common.access import Access, Permission, Provider
from apps.roles.models import Resource
from apps.roles.policy.paths import nearest

SHOWN_BELOW = 50


@dataclass(frozen=True)
class InForce:
    """What counts in one place. `row` is where it is set, none for the default; `own` only if that is this
    very place. `above` is what would count without it."""

    rule: Rule
    provider: Provider
    resource: Resource | None
    row: AlertSettings | None
    own: AlertSettings | None
    above_row: AlertSettings | None

    @property
    def path(self) -> str:
        """Empty for all of the provider."""
        return self.resource.path if self.resource else ""

    @property
    def place_name(self) -> str:
        return self.resource.name if self.resource else self.provider.label

    @property
    def setting(self) -> Setting:
        return _setting(self.rule, self.row)

    @property
    def above(self) -> Setting:
        return _setting(self.rule, self.above_row)

    @property
    def origin(self) -> str:
        return self._named(self.row)

    @property
    def origin_above(self) -> str:
        return self._named(self.above_row)

    @property
    def trigger(self) -> str:
        """What the alert looks for, as it is set here."""
        return self.rule.trigger.format(**self.setting.values)

    @property
    def thresholds(self) -> list[tuple[Threshold, int]]:
        return [(each, self.setting[each.name]) for each in self.rule.thresholds]

    @property
    def thresholds_above(self) -> list[tuple[Threshold, int]]:
        return [(each, self.above[each.name]) for each in self.rule.thresholds]

    @property
    def version(self) -> str:
        """A short name for all of this: what a form was shown with. Other values, or another place that they
        come from, are another version."""
        seen = [str(self.row and self.row.pk), self.own is not None, *as_plain(self.setting).items()]
        return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()

    def _named(self, row: AlertSettings | None) -> str:
        if row is None:
            return "Default"
        return f"Set on {row.resource.name}" if row.resource else f"Set for all of {self.provider.label}"


def in_force(rule: Rule, provider: Provider, resource: Resource | None) -> InForce:
    """One query."""
    rows = [(row.resource.path if row.resource else None, row) for row in _rows(rule, provider)]
    path = resource.path if resource else ""
    own = next((row for _, row in rows if row.resource_id == (resource and resource.pk)), None)
    others = [(at, row) for at, row in rows if row != own]
    return InForce(rule, provider, resource, nearest(path, rows), own, nearest(path, others))


def set_below(present: InForce, access: Access) -> list[AlertSettings]:
    """Where the alert is set further down, as far as the reader may see it. One query."""
    if present.provider == Provider.DIRECTORY:
        return []
    places = Resource.objects.visible_to(access, Permission.ALERTS_READ).filter(provider=present.provider)
    if present.resource is not None:
        places = places.below(present.resource).exclude(pk=present.resource.pk)
    rows = _rows(present.rule, present.provider).filter(resource__in=places)
    return list(rows.order_by("resource__name", "pk")[:SHOWN_BELOW])


def place_of_settings(provider: Provider, resource: Resource | None) -> Resource | None:
    """The directory is one place: alerts about it are set for all of it."""
    return None if provider == Provider.DIRECTORY else resource


def as_plain(setting: Setting) -> dict[str, object]:
    """As the audit log and a version have it."""
    return {"on": setting.is_on, "mail": setting.tells, **setting.values}


def _rows(rule: Rule, provider: Provider) -> QuerySet[AlertSettings]:
    return AlertSettings.objects.filter(rule=rule.id, provider=provider).select_related("resource")


def _setting(rule: Rule, row: AlertSettings | None) -> Setting:
    return as_set(rule, row) if row else default_of(rule)
