"""How alerts are set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from apps.alerts.models import AlertSettings
from apps.alerts.policy.terms import Rule, Setting, Settings, Severity


def settings_of(rule: Rule) -> Settings:
    """How this rule is set everywhere. One query."""
    return settings_of_many([rule])[rule.id]


def settings_of_many(rules: Iterable[Rule]) -> Mapping[str, Settings]:
    """How each of these rules is set everywhere, by its id. One query."""
    known = {rule.id: rule for rule in rules}
    here: dict[str, dict[tuple[str, str], Setting]] = defaultdict(dict)
    for row in AlertSettings.objects.filter(rule__in=known).select_related("resource"):
        path = row.resource.path if row.resource else ""
        here[row.rule][row.provider, path] = as_set(known[row.rule], row)
    return {rule.id: Settings(default_of(rule), here[rule.id]) for rule in known.values()}


def default_of(rule: Rule) -> Setting:
    """Where nobody has set anything: on, and told by mail unless it is of low severity."""
    return Setting(is_on=True, tells=rule.severity != Severity.LOW, values=rule.defaults)


def as_set(rule: Rule, row: AlertSettings) -> Setting:
    """A threshold that came later than the row has its default there."""
    return Setting(row.is_on, row.tells, rule.defaults | row.values)
