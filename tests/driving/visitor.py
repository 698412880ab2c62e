"""Somebody at a portal: HTTP over one connection that is kept, cookies, and forms sent as a browser does."""

from __future__ import annotations

import select
import time
import weakref
from collections.abc import Iterable
from datetime import datetime
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.devices import AuthenticatorDevice
from apps.accounts.models import User
from apps.accounts.sessions import SessionStore
from apps.accounts.web import accept_second_factor, start_session
from tests.driving.page import Fields, Form, Page

_SILENT_SECONDS = 1  # gunicorn waits for two
FORM = "application/x-www-form-urlencoded"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Visitor:
    """Nobody at first; `signed_in` is somebody. Each belongs to one thread. What goes wrong on the way is
    raised as it comes: `OSError`, or `HTTPException` where an answer breaks off."""

    def __init__(self, url: str, *, timeout: float = 60) -> None:
        self.url = url
        self.cookies: dict[str, str] = {}
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=timeout)
        self._answered_at = 0.0
        weakref.finalize(self, self._connection.close)

    # ---- Who

    @classmethod
    def signed_in(cls, url: str, user: User, **how: object) -> Visitor:
        """As `sign_in_as`, in a browser of their own."""
        visitor = cls(url)
        visitor.sign_in_as(user, **how)
        return visitor

    def sign_in_as(self, user: User, *, now: datetime | None = None, with_factor: bool = True) -> None:
        """By a session written straight to the database that this process works on, so the portal has to work
        on that one too. Whoever has a second factor has just proved it."""
        self.cookies[settings.SESSION_COOKIE_NAME] = session_of(user, now or timezone.now(), with_factor)

    def sign_in(self, email: str, password: str) -> Page:
        """On the page, as people do. The portal's own password hashers have to know the password's."""
        return self.send(self.get("/sign-in/").form(having="password"), email=email, password=password)

    # ---- What they do

    def get(self, path: str, **headers: str) -> Page:
        return self.ask("GET", path, **headers)

    def post(self, path: str, fields: Fields | Iterable[tuple[str, str]] = (), **headers: str) -> Page:
        """What no form was read for. The token comes from the cookie."""
        headers = {"X-CSRFToken": self.cookies.get(settings.CSRF_COOKIE_NAME, "")} | headers
        return self.ask("POST", path, urlencode(list(fields)).encode(), **{"Content-Type": FORM} | headers)

    def send(self, form: Form, **changes: str | Iterable[str] | None) -> Page:
        """This form with these changes; see `Form.filled`."""
        fields = form.filled(**changes)
        if form.method == "get":
            return self.get(f"{form.action.partition('?')[0]}?{urlencode(fields)}")
        return self.ask("POST", form.action, urlencode(fields).encode(), **{"Content-Type": FORM})

    def follow(self, page: Page) -> Page:
        """Where the answer leads to."""
        return self.get(page.location)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Page:
        """One request as it stands. Nothing is asked twice."""
        target = urlsplit(urljoin(self.url, path))
        path = f"{target.path}?{target.query}" if target.query else target.path
        self._drop_what_was_closed()
        began = time.perf_counter()
        try:
            self._connection.request(method, path, body, self._headers(method) | headers)
            response = self._connection.getresponse()
            answer = response.read()
        except BaseException:
            self.leave()
            raise
        self._answered_at = time.perf_counter()
        self._keep_cookies(response)
        return Page(path, response.status, response.headers, answer, self._answered_at - began)

    def leave(self) -> None:
        """Hang up. The next request makes a new connection."""
        self._connection.close()

    # ---- Parts

    def _headers(self, method: str) -> dict[str, str]:
        headers = {"User-Agent": AGENT, "Accept": "text/html"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return headers | ({"Origin": self.url} if method == "POST" else {})

    def _drop_what_was_closed(self) -> None:
        """A server hangs up on whoever is silent; what is sent into that would look like a fault of it. So
        hang up first, and look whether it has, as it does when it ends."""
        socket = self._connection.sock
        silent = time.perf_counter() - self._answered_at
        if socket is not None and (silent > _SILENT_SECONDS or select.select([socket], [], [], 0)[0]):
            self.leave()

    def _keep_cookies(self, response: HTTPResponse) -> None:
        for line in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


def session_of(user: User, now: datetime, with_factor: bool = True) -> str:
    """The key of a new session of theirs, begun now, as the pages for that leave it behind."""
    request = HttpRequest()
    request.now, request.session = now, SessionStore()
    request.META |= {"REMOTE_ADDR": "127.0.0.1", "HTTP_USER_AGENT": AGENT}
    start_session(request, user)
    device = AuthenticatorDevice.objects.filter(user=user, confirmed=True).first()
    if with_factor and device is not None:
        request.user = user
        accept_second_factor(request, device)
    request.session.save()
    return request.session.session_key
