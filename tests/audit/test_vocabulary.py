import ast
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from django.conf import settings

from apps.audit.groups import EventGroup, actions_in, choices, group_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import SENTENCES, AuditAction

APPS = Path(settings.BASE_DIR) / "apps"


def named_actions(path):
    """The actions a module names, such as `AuditAction.SIGNED_IN`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "AuditAction":
            yield node.attr


@cache
def emitted_actions():
    modules = set(APPS.rglob("*.py")) - {APPS / "audit" / "vocabulary.py"}
    return {name for path in modules for name in named_actions(path)}


@pytest.mark.parametrize("action", AuditAction)
def test_has_a_sentence_for_every_action(action):
    fields = {field for _, field, _, _ in Formatter().parse(SENTENCES[action]) if field}

    assert fields <= {"actor", "target", "role", "place", "answer"}
    assert SENTENCES[action].endswith(".")


def test_has_no_sentence_for_anything_else():
    assert set(SENTENCES) == set(AuditAction)


@pytest.mark.parametrize("action", AuditAction)
def test_writes_every_action_down_somewhere(action):
    assert action.name in emitted_actions()


@pytest.mark.parametrize("action", AuditAction)
def test_puts_every_action_into_one_group_of_the_filter(action):
    groups = [group for group in EventGroup if action in actions_in(group)]

    assert groups == [group_of(action)]


def test_offers_every_action_once_and_each_group_as_a_whole():
    offered = [value for _, options in choices() for value, _ in options]

    groups = {group_of(action) for action in AuditAction}
    assert sorted(offered) == sorted([*AuditAction.values, *groups])


def test_says_what_happened():
    event = AuditEvent(
        action=AuditAction.REQUEST_APPROVED,
        actor_id="1",
        actor_name="Ada Admin",
        target_id="2",
        target_name="John Doe",
        role="Contributor",
        resource_name="Production",
    )

    assert event.sentence == "Ada Admin approved a request for Contributor on Production for John Doe."


def test_names_whoever_acted_for_themself_once():
    event = AuditEvent(
        action=AuditAction.REQUEST_SUBMITTED,
        actor_id="2",
        actor_name="John Doe",
        target_id="2",
        target_name="John Doe",
        role="Teams Administrator",
    )

    assert event.sentence == "John Doe asked for Teams Administrator on the directory."


def test_leaves_braces_in_names_alone():
    event = AuditEvent(action=AuditAction.SIGNED_IN, actor_name="{actor.__class__} {0}")

    assert event.sentence == "{actor.__class__} {0} signed in."
