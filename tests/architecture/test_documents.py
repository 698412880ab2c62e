"""Documents that are drawn from the code say what the code says."""

from __future__ import annotations

from apps.portal.diagrams import DOCUMENT, draw


def test_the_diagrams_are_those_of_the_code():
    text = DOCUMENT.read_text(encoding="utf-8")

    assert text == draw(text), "apps/README.md is out of date: run manage.py draw"
