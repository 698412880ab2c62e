"""What the threat model says is shown by tests that exist, and the readme leads to it."""

import ast
import re

from django.conf import settings

TESTS = settings.BASE_DIR / "tests"
MODEL = settings.BASE_DIR / "docs" / "threat-model.md"


def named() -> list[tuple[str, str]]:
    return re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", MODEL.read_text())


def functions_of(path: str) -> set[str]:
    tree = ast.parse((TESTS / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_names_tests_that_exist():
    missing = [f"{path}::{name}" for path, name in named() if name and name not in functions_of(path)]

    assert missing == []
    assert all((TESTS / path).exists() for path, _ in named())
    assert len(named()) > 30


def test_is_found_from_the_readme():
    assert "(docs/threat-model.md)" in (settings.BASE_DIR / "README.md").read_text()
