"""The house stands: imports point down, domain code knows neither HTTP nor the clock (apps/README.md)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

APPS = settings.BASE_DIR / "apps"
FLOORS = {
    "common": 1,
    "audit": 2,
    "notifications": 3,
    "accounts": 4,
    "roles": 5,
    "jobs": 5,
    "assignments": 6,
    "access_requests": 7,
    "administration": 8,
    "reviews": 8,
    "provisioning": 8,
    "alerts": 9,
    "api": 10,
    "portal": 11,
}
HTTP_HALF = {"forms", "views", "urls", "templatetags", "middleware", "context"}
# Where HTTP may be known: the HTTP half, what an app offers to pages of higher apps, the demo's pages.
KNOWS_HTTP = HTTP_HALF | {"web", "demo"}
# Where the clock is read: at the edge, once, and handed down as `now`.
READS_CLOCK = {"views", "web", "tasks", "middleware", "management", "ticker", "demo"}
HTTP_MODULES = (
    "django.http",
    "django.shortcuts",
    "django.views",
    "django.forms",
    "django.contrib.messages",
    "django.urls",
)
CLOCKS = {"timezone.now", "datetime.now", "datetime.today", "datetime.utcnow", "date.today", "time.time"}

FILES = [path for path in sorted(APPS.rglob("*.py")) if "migrations" not in path.parts]


def location(path: Path) -> tuple[str, str]:
    """The app a file belongs to, and the module or folder of that app it is, or is in."""
    parts = path.relative_to(APPS).with_suffix("").parts
    return parts[0], parts[1] if len(parts) > 1 else ""


def imports(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every module that is imported, with `from package import module` spelled out, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def upward_imports(app: str, tree: ast.AST) -> list[str]:
    names = [name.split(".") for _, name in imports(tree)]
    outside = [name for name in names if name[0] == "apps" and name[1] != app]
    higher = [".".join(name) for name in outside if FLOORS[name[1]] >= FLOORS[app]]
    return higher + [".".join(name) for name in names if name[0] == "pimportal"]


def foreign_http_halves(app: str, tree: ast.AST) -> list[str]:
    names = [name.split(".") for _, name in imports(tree)]
    return [
        ".".join(name)
        for name in names
        if name[0] == "apps" and name[1] not in {app, "common"} and HTTP_HALF & set(name[2:3])
    ]


def http_imports(tree: ast.AST) -> list[str]:
    """`reverse` is allowed: a row may know its own address (`get_absolute_url`)."""
    return [
        name
        for _, name in imports(tree)
        if any(name == module or name.startswith(f"{module}.") for module in HTTP_MODULES)
        and name != "django.urls.reverse"
    ]


def clock_calls(tree: ast.AST) -> list[str]:
    calls = (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in calls if any(call == clock or call.endswith(f".{clock}") for clock in CLOCKS)]


def inner_imports(tree: ast.AST) -> list[str]:
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [name for function in functions for _, name in imports(function)]


def violations(rule: Callable[[str, ast.AST], list[str]], exempt: Iterable[str] = ()) -> dict[str, list[str]]:
    """What breaks the rule, by file; modules named in `exempt` are not asked."""
    asked = [path for path in FILES if location(path)[1] not in exempt]
    found = {str(path.relative_to(APPS)): rule(location(path)[0], parse(path)) for path in asked}
    return {path: names for path, names in found.items() if names}


@cache
def parse(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_imports_point_down():
    assert violations(upward_imports) == {}


def test_imports_no_other_apps_http_half():
    assert violations(foreign_http_halves) == {}


def test_keeps_http_out_of_the_domain():
    assert violations(lambda _app, tree: http_imports(tree), exempt=KNOWS_HTTP) == {}


def test_reads_the_clock_at_the_edge_only():
    assert violations(lambda _app, tree: clock_calls(tree), exempt=READS_CLOCK) == {}


def test_imports_nothing_inside_a_function():
    """But in an app's configuration, which Django loads before there are models."""
    assert violations(lambda _app, tree: inner_imports(tree), exempt={"apps"}) == {}


def test_switches_accounts_in_one_place():
    """What a disabled person holds and has asked for must be settled in the same transaction."""
    names = {"disable_user", "enable_user"}

    def switching(_app: str, tree: ast.AST) -> list[str]:
        nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.alias))
        return [name for node in nodes if (name := getattr(node, "attr", getattr(node, "name", ""))) in names]

    assert list(violations(switching)) == ["access_requests/services/people.py"]


def test_keeps_files_below_400_lines():
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {path: length for path, length in lengths.items() if length >= 400} == {}


@pytest.mark.parametrize("path", sorted(APPS.glob("*/__init__.py")), ids=lambda path: path.parent.name)
def test_says_what_each_app_owns(path):
    text = ast.get_docstring(parse(path)) or ""
    assert [line.split(":")[0] for line in text.splitlines()] == ["Owns", "Does not", "Called by"]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (lambda tree: upward_imports("roles", tree), "from apps.assignments import models"),
        (lambda tree: upward_imports("reviews", tree), "import apps.provisioning.services"),
        (lambda tree: upward_imports("roles", tree), "def f():\n    from apps.portal.views import home"),
        (lambda tree: upward_imports("portal", tree), "from pimportal.settings import DEMO"),
        (lambda tree: foreign_http_halves("portal", tree), "from apps.accounts import views"),
        (http_imports, "from django.shortcuts import redirect"),
        (http_imports, "from django import forms"),
        (clock_calls, "from django.utils import timezone\nnow = timezone.now()"),
        (clock_calls, "import datetime\nnow = datetime.datetime.now()"),
        (inner_imports, "def f():\n    import os"),
    ],
)
def test_would_notice(rule, text):
    assert rule(ast.parse(text))
