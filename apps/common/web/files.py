"""What leaves as a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import IO

from django.http import FileResponse, HttpResponse, StreamingHttpResponse


def csv_file(lines: Iterable[str], *, name: str, now: datetime) -> StreamingHttpResponse:
    """A CSV file to download, sent as its lines come, named by what it holds and the day."""
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{now:%Y-%m-%d}.csv"'},
    )


def text_file(text: str, *, name: str, kind: str, now: datetime) -> HttpResponse:
    """A file of text to download, named like a CSV file; `kind` is its ending."""
    return HttpResponse(
        text,
        content_type=f"application/{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{now:%Y-%m-%d}.{kind}"'},
    )


def zip_file(file: IO[bytes], *, name: str, now: datetime) -> FileResponse:
    """A zip to download, read from where it begins and closed when it has gone; named like a CSV file."""
    file.seek(0)
    kind = "application/zip"
    return FileResponse(file, as_attachment=True, filename=f"{name}-{now:%Y-%m-%d}.zip", content_type=kind)
