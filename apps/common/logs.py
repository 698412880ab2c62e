"""How lines of the log look (settings, LOGGING)."""

from __future__ import annotations

import logging

from apps.common.origin import origin_now
from apps.common.text import one_line


class WithRequestId(logging.Filter):
    """Gives each record the id of the request, or of the run of a job, that it was written in."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = origin_now().trace_id
        return True


class OneLine(logging.Formatter):
    """Whatever somebody wrote into a message, it begins no line of its own. Tracebacks keep theirs."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the library's name
        return one_line(super().formatMessage(record))
