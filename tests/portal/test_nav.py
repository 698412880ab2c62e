"""The left menu."""

from __future__ import annotations

import pytest

from apps.portal.nav import ACTIVITY, DEMO, TASKS, menu

ENTRIES = (*TASKS, *ACTIVITY, *DEMO)


def items(view="", counts=None, *, demo=True):
    return [item for section in menu(view, counts or {}, demo=demo) for item in section.items]


def test_lists_tasks_before_activity():
    assert [section.label for section in menu("", {}, demo=False)] == ["Tasks", "Activity"]


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
