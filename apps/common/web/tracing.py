"""What a request is called, and its one line in the log."""

from __future__ import annotations

import logging
import re
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

log = logging.getLogger("access")

_NAME = re.compile(r"[A-Za-z0-9_-]{8,64}")


def request_id(request: HttpRequest) -> str:
    """A new one, or that of a proxy of ours: without proxies, anybody could write the header."""
    given = request.headers.get("X-Request-ID", "")
    return given if settings.PROXY_COUNT and _NAME.fullmatch(given) else uuid4().hex


def log_answer(request: HttpRequest, response: HttpResponse, *, seconds: float) -> None:
    """Which page it was, never its address: what people search for, and secrets of mailed links, stand there.
    Static files are left out."""
    if request.path_info.startswith(settings.STATIC_URL):
        return
    match = request.resolver_match
    facts = {
        "method": request.method,
        "route": match.view_name if match else "",
        "status": response.status_code,
        "ms": round(seconds * 1000),
        "user": _who(request),
    }
    said = facts | {"route": facts["route"] or "-", "user": facts["user"] or "-"}
    log.info("%(method)s %(route)s %(status)s %(ms)s ms %(user)s", said, extra=facts)


def _who(request: HttpRequest) -> str:
    """The id of whoever was signed in, if that was asked meanwhile: the log asks the database nothing."""
    user = getattr(request, "_cached_user", None)
    return str(user.pk or "") if user else ""
