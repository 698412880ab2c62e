"""What leaves as a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.http import HttpResponse, StreamingHttpResponse


def csv_file(lines: Iterable[str], *, name: str, now: datetime) -> StreamingHttpResponse:
    """A CSV file to download, sent as its lines come, named by what it holds and the day."""
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers=_named(name, "csv", now),
    )


def streamed_file(lines: Iterable[str], *, name: str, kind: str, now: datetime) -> StreamingHttpResponse:
    """A file of text to download, sent as its lines come; named like a CSV file, `kind` is its ending."""
    return StreamingHttpResponse(
        lines,
        content_type=f"application/{kind}; charset=utf-8",
        headers=_named(name, kind, now),
    )


def text_file(text: str, *, name: str, kind: str, now: datetime) -> HttpResponse:
    """A file of text to download, named like a CSV file; `kind` is its ending."""
    return HttpResponse(
        text,
        content_type=f"application/{kind}; charset=utf-8",
        headers=_named(name, kind, now),
    )


def zip_file(pieces: Iterable[bytes], *, name: str, now: datetime) -> StreamingHttpResponse:
    """A zip to download, sent as its pieces come; named like a CSV file."""
    return StreamingHttpResponse(
        pieces,
        content_type="application/zip",
        headers=_named(name, "zip", now),
    )


def _named(name: str, kind: str, now: datetime) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}-{now:%Y-%m-%d}.{kind}"'}
