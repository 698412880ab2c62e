"""Figures for monitoring, to whoever has the token."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from apps.portal.clocks import clock_offset
from apps.portal.metrics import Figures


@require_safe
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """To everybody else, and where no token is set, there is no such page."""
    if not _has_token(request.headers.get("Authorization", "")):
        raise Http404
    now = timezone.now() - clock_offset(timezone.now)
    return HttpResponse(Figures(now=now).as_text(), content_type=CONTENT_TYPE_LATEST)


def _has_token(given: str) -> bool:
    return bool(settings.METRICS_TOKEN) and constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
