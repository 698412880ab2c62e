"""The portal in this very process, called as a web server calls it: each request on the thread, and so on the
connection, of whoever sends it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from http.client import HTTPMessage

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from apps.accounts.models import User
from tests.driving.page import Page
from tests.driving.visitor import Visitor

Send = Callable[[], Page]


class Browser(Visitor):
    """Somebody who has just signed in and proved their second factor, without a network in between. What they
    are `pressing` is sent when the others send theirs."""

    def __init__(self, user: User, **how: object) -> None:
        super().__init__("http://testserver")
        self.cookies[settings.CSRF_COOKIE_NAME] = "t" * 32
        self.sign_in_as(user, **how)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Page:
        kind = headers.pop("Content-Type", "")
        headers |= self._headers(method)
        sent = RequestFactory().generic(method, path, body or b"", content_type=kind, headers=headers)
        begun: list[object] = []
        response = _portal()(sent.environ, lambda *line: begun.extend(line))
        try:
            page = _page(path, *begun, b"".join(response))
        finally:
            response.close()
        self._keep_cookies(page)
        return page

    def pressing(self, path: str, *fields: tuple[str, object], **more: object) -> Send:
        """A button of the form at this address that is filled in like this."""
        filled = [(name, str(value)) for name, value in (*fields, *more.items())]
        return lambda: self.post(path, filled)


def _page(path: str, status: str, lines: list[tuple[str, str]], body: bytes) -> Page:
    headers = HTTPMessage()
    for name, value in lines:
        headers[name] = value
    return Page(path, int(status.split()[0]), headers, body, 0)


@cache
def _portal() -> WSGIHandler:
    return WSGIHandler()
