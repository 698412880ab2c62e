"""The icons of the portal: one file that has the shape of each, from which pages show them by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.template.utils import get_app_template_dirs

SPRITE = "img/icons.svg"
_BASE = Path(settings.BASE_DIR)
_QUOTED = re.compile(r'"([a-z0-9-]+)"')
_SYMBOL = re.compile(r'<symbol id="([a-z0-9-]+)"')
_SHAPE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@cache
def icons() -> frozenset[str]:
    """The names of those that the file has."""
    return frozenset(_SYMBOL.findall((_BASE / "static" / SPRITE).read_text(encoding="utf-8")))


def symbols() -> str:
    """What the file has to hold: every icon of bootstrap-icons whose name stands quoted in code or template.
    A few words that are no icon there are the name of one, too; they do no harm."""
    return "\n".join(_symbol(name) for name in sorted(_quoted() & _known()))


def _symbol(name: str) -> str:
    found = _SHAPE.search(render_to_string(f"bs_icon/{name}.svg"))
    if found is None:
        raise ValueError(f"The icon {name!r} has no shape.")
    return (
        f'<symbol id="{name}" viewBox="0 0 16 16">{"".join(map(str.strip, found[1].splitlines()))}</symbol>'
    )


def _quoted() -> set[str]:
    return {name for path in _sources() for name in _QUOTED.findall(path.read_text(encoding="utf-8"))}


def _sources() -> Iterator[Path]:
    yield from (_BASE / "templates").rglob("*.html")
    yield from (_BASE / "apps").rglob("*.py")


def _known() -> set[str]:
    folders = (Path(folder) / "bs_icon" for folder in get_app_template_dirs("templates"))
    return {path.stem for folder in folders for path in folder.glob("*.svg")}
