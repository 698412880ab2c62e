"""The left menu."""

from __future__ import annotations

import pytest
from django.urls import URLResolver, get_resolver

from apps.common.access import NO_ACCESS, Access, Grant, Permission, Provider
from apps.portal.nav import ACTIVITY, DEMO, MANAGE, TASKS, menu

ENTRIES = (*TASKS, *ACTIVITY, *DEMO)
ALL = (*ENTRIES, *MANAGE)
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
    ("permission", "labels"),
    [(Permission.REQUESTS_READ, {"All requests"}), (Permission.AUDIT_READ, {"Audit", "Report"})],
)
def test_shows_what_is_everybodys_to_whoever_may_read_it_somewhere(permission, labels):
    reader = Access(grants=frozenset([Grant(permission, Provider.RESOURCES, "a/b/")]))

    more = {item.label for item in items(access=reader)} - {item.label for item in items(access=NO_ACCESS)}

    assert more == labels


def test_leads_whoever_manages_people_to_the_imports():
    access = Access(grants=frozenset({Grant(Permission.PEOPLE_MANAGE, Provider.DIRECTORY)}))

    assert "Imports" in [
        item.label for section in menu("", {}, access=access, demo=False) for item in section.items
    ]


# ---- Every page marks where one is -------------------------------------------------------------------------

# What is reached from the top bar, from Home or from a form, and stands in no list of the menu.
ELSEWHERE = {"search", "setup", "confirm_backup"}
# They say themselves where they stand: in a provider, or in the list that their reader knows them from.
BY_THEMSELVES = {"settings_file", "change_assignments", "request", "request_audit", "cancel"}
# Buttons and downloads: nothing is shown.
NO_PAGES = {
    *("export_people", "export_settings", "export_all_requests", "import_template", "import_report"),
    *("stop_import", "reverse_import", "send_test_mail", "deactivate", "verify_log"),
}


def pages():
    """Those of administration and of requests that are about no place; a place marks its provider."""
    apps = {each.namespace: each for each in get_resolver().url_patterns if isinstance(each, URLResolver)}
    for app, pattern in (
        (name, each) for name in ("administration", "access_requests") for each in apps[name].url_patterns
    ):
        address = str(pattern.pattern)
        is_about_a_place = "<provider:" in address or address.startswith(("groups/", "resources/"))
        if not is_about_a_place and pattern.name not in NO_PAGES | ELSEWHERE | BY_THEMSELVES:
            yield f"{app}:{pattern.name}"


def test_marks_an_entry_on_every_page():
    assert set(pages()) <= {view for entry in ALL for view in (entry.view, *entry.views)}
