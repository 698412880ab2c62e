"""What every alert says about itself, whichever it is."""

import pytest

from apps.alerts.models import Finding
from apps.alerts.policy import catalogue
from apps.alerts.policy.catalogue import BY_ID, RULES
from apps.alerts.policy.terms import Rule
from apps.alerts.scans import SCANS

EVERY = [rule for rule in vars(catalogue).values() if isinstance(rule, Rule)]


def test_each_rule_looks_in_one_way():
    assert list(SCANS) == [rule.id for rule in RULES]


def test_ids_are_unique_and_fit():
    assert len(BY_ID) == len(RULES)
    assert all(len(rule.id) <= Finding._meta.get_field("rule").max_length for rule in EVERY)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
def test_says_what_it_looks_for_why_and_what_to_do(rule):
    for text in (rule.trigger, rule.impact, rule.mend, rule.prevent):
        assert text.endswith(".")
    assert rule.name
    assert not rule.name.endswith(".")
    assert rule.providers


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
def test_names_each_threshold_where_it_says_when_it_triggers(rule):
    shown = rule.trigger.format(**rule.defaults)

    assert all(f"{{{each.name}}}" in rule.trigger for each in rule.thresholds)
    assert "{" not in shown


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
def test_its_thresholds_are_in_their_range(rule):
    for each in rule.thresholds:
        assert 0 <= each.lowest <= each.default <= each.highest
        assert each.lowest < each.highest
        assert each.label
        assert each.unit
    assert len(rule.defaults) == len(rule.thresholds)
