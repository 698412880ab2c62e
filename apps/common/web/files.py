"""What leaves as a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.http import StreamingHttpResponse


def csv_file(lines: Iterable[str], *, name: str, now: datetime) -> StreamingHttpResponse:
    """A CSV file to download, sent as its lines come, named by what it holds and the day."""
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{now:%Y-%m-%d}.csv"'},
    )
