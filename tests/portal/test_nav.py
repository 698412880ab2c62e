"""The left menu."""

from __future__ import annotations

import pytest

from apps.common.access import NO_ACCESS, Access, Grant, Permission, Provider
from apps.portal.nav import ACTIVITY, DEMO, TASKS, menu

ENTRIES = (*TASKS, *ACTIVITY, *DEMO)
EVERYTHING = Access(grants=frozenset(Grant(permission, Provider.DIRECTORY) for permission in Permission))


def items(view="", counts=None, *, access=EVERYTHING, demo=True):
    return [item for section in menu(view, counts or {}, access=access, demo=demo) for item in section.items]


def test_lists_tasks_before_activity():
    assert [section.label for section in menu("", {}, access=NO_ACCESS, demo=False)] == ["Tasks", "Activity"]


def test_shows_the_demos_pages_in_the_demo_only():
    assert {"Mailbox", "Codes"} <= {item.label for item in items(demo=True)}
    assert not {"Mailbox", "Codes"} & {item.label for item in items(demo=False)}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.label)
def test_marks_one_entry_on_each_of_its_pages(entry):
    for view in (entry.view, *entry.views):
        assert [item.label for item in items(view) if item.is_current] == [entry.label]


def test_marks_nothing_on_a_page_that_is_not_in_the_menu():
    assert not any(item.is_current for item in items("portal:home"))


def test_counts_beside_the_entries_that_wait():
    counts = {item.label: item.count for item in items(counts={"my_waiting": 1, "to_decide": 5})}

    assert counts["My requests"] == 1
    assert counts["Approve requests"] == 5
    assert counts["My roles"] == 0


@pytest.mark.parametrize(
    ("permission", "label"), [(Permission.REQUESTS_READ, "All requests"), (Permission.AUDIT_READ, "Audit")]
)
def test_shows_what_is_everybodys_to_whoever_may_read_it_somewhere(permission, label):
    reader = Access(grants=frozenset([Grant(permission, Provider.RESOURCES, "a/b/")]))

    more = {item.label for item in items(access=reader)} - {item.label for item in items(access=NO_ACCESS)}

    assert more == {label}


def test_leads_whoever_manages_people_to_the_imports():
    access = Access(grants=frozenset({Grant(Permission.PEOPLE_MANAGE, Provider.DIRECTORY)}))

    assert "Imports" in [
        item.label for section in menu("", {}, access=access, demo=False) for item in section.items
    ]
