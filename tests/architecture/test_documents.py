"""Documents that are drawn from the code say what the code says."""

from __future__ import annotations

import pytest

from apps.portal.diagrams import DOCUMENTS, draw


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_what_is_drawn_is_what_the_code_says(document):
    text = document.read_text(encoding="utf-8")

    assert text == draw(document), f"{document.name} is out of date: run manage.py draw"
