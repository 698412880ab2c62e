from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def overview(_request: HttpRequest, pk: UUID) -> HttpResponse:
    raise Http404(str(pk))
