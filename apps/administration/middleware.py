"""On an empty database there is nobody to sign in: the way leads to setting the portal up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.administration.selectors.installation import anybody_exists

Handler = Callable[[HttpRequest], HttpResponse]


def lead_to_setup(get_response: Handler) -> Handler:
    """From the sign-in page alone, which costs it one query; the demo has people from the start."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, *_: Any) -> HttpResponse | None:
        asks = request.resolver_match.view_name == settings.LOGIN_URL and not settings.DEMO
        return redirect("administration:setup") if asks and not anybody_exists() else None

    middleware.process_view = process_view
    return middleware
