"""How alerts are set."""

from __future__ import annotations

from apps.alerts.models import AlertSettings
from apps.alerts.policy.terms import Rule, Setting, Settings, Severity


def settings_of(rule: Rule) -> Settings:
    """How this rule is set everywhere. One query."""
    rows = AlertSettings.objects.filter(rule=rule.id).select_related("resource")
    here = {(row.provider, row.resource.path if row.resource else ""): as_set(rule, row) for row in rows}
    return Settings(default_of(rule), here)


def default_of(rule: Rule) -> Setting:
    """Where nobody has set anything: on, and told by mail unless it is of low severity."""
    return Setting(is_on=True, tells=rule.severity != Severity.LOW, values=rule.defaults)


def as_set(rule: Rule, row: AlertSettings) -> Setting:
    """A threshold that came later than the row has its default there."""
    return Setting(row.is_on, row.tells, rule.defaults | row.values)
