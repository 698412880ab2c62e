"""Home, and the portal's health."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.portal import timetable

logger = logging.getLogger(__name__)

_WORKER_MAY_BE_LATE = timedelta(minutes=1)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/home.html")


@require_safe
@never_cache
@login_not_required
def health(request: HttpRequest) -> JsonResponse:
    """Status words for machines, and nothing else: what is wrong goes to the log.

    A late worker is no failure of this machine (access ends without it), so that answer is a 200 all the same.
    """
    try:
        late = timetable.is_late(now=request.now, tolerance=_WORKER_MAY_BE_LATE)
    except DatabaseError:
        logger.exception("The database does not answer")
        connection.close()
        return JsonResponse({"status": "unavailable"}, status=503)
    return JsonResponse({"status": "ok", "worker": "late" if late else "ok"})
