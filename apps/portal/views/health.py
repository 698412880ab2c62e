"""The portal's health, for machines: words and seconds alone. What is wrong goes to the log."""

from __future__ import annotations

import logging

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.portal.health import AWAY, readiness

logger = logging.getLogger(__name__)


@require_safe
@login_not_required
def live(_request: HttpRequest) -> JsonResponse:
    """This process answers. Whoever gets no 200 here starts it anew; the database is not asked."""
    return JsonResponse({"status": "ok"})


@require_safe
@login_not_required
def ready(_request: HttpRequest) -> JsonResponse:
    """Whoever gets a 503 here sends people to another machine: this one cannot serve them."""
    try:
        found = readiness(clock=timezone.now)
    except DatabaseError:
        logger.exception("The database does not answer")
        connection.close()
        return JsonResponse(AWAY, status=503)
    return JsonResponse(found.in_words, status=200 if found.can_serve else 503)
