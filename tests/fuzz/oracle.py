"""What must not come of a request, whatever was in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import resolve_url

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.web.middleware import CONTENT_SECURITY_POLICY
from tests.fuzz.values import UNESCAPED
from tests.fuzz.walk import Try

# What counts tries and sessions. Written whatever the answer is.
_COUNTING = {"accounts_session", "accounts_signincounter", "accounts_authenticatordevice"}
_COUNTED = {
    AuditAction.FACTOR_VERIFIED,
    AuditAction.FACTOR_REFUSED,
    AuditAction.PASSWORD_REFUSED,
    AuditAction.SIGN_IN_REFUSED,
}
# What a person changes for themselves alone, and no event tells of.
_OWN = {"notifications_notice", "notifications_noticepreferences"}
_REFUSALS = {"in", "403", "404", "405"}
_TRACES = (
    "Traceback (most recent",
    "django.db.",
    "/site-packages/",
    "OperationalError",
    "DataError",
    'File "/',
)

_ATTRIBUTES = r'(?:\s+[\w:-]+(?:="[^"]*")?)*?'
_INLINE = re.compile(
    rf"<style|<script(?!{_ATTRIBUTES}\s+src=)|<[a-z][\w-]*{_ATTRIBUTES}\s+(?:style|on[a-z]+)=", re.IGNORECASE
)
_WRITE = re.compile(r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)"?', re.IGNORECASE)
_SAVEPOINT = re.compile(r'(SAVEPOINT|ROLLBACK TO SAVEPOINT) "?(\w+)"?')


class Writes:
    """Which tables a request wrote to, but for what it took back itself."""

    def __init__(self) -> None:
        self._written: list[str] = []
        self._marks: dict[str, int] = {}

    @contextmanager
    def watched(self) -> Iterator[Writes]:
        with connection.execute_wrapper(self._note):
            yield self

    @property
    def tables(self) -> set[str]:
        return set(self._written)

    def _note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if mark := _SAVEPOINT.match(sql):
            kind, name = mark.groups()
            if kind == "SAVEPOINT":
                self._marks[name] = len(self._written)
            else:
                del self._written[self._marks[name] :]
        elif (write := _WRITE.match(sql)) and context["cursor"].rowcount != 0:
            self._written.append(write[1])
        return result


class Oracle:
    """`table` is the access matrix; `secrets` are texts that stand in no answer."""

    def __init__(self, table: dict[str, dict[str, str]], secrets: set[str]) -> None:
        self._table, self._secrets = table, secrets
        self._known = set(AuditEvent.objects.values_list("pk", flat=True))

    def complaints(self, request: Try, response: HttpResponse, writes: Writes) -> list[str]:
        """Empty if all is well."""
        body = b"".join(response) if response.streaming else response.content
        text = body.decode(errors="replace")
        found = [*self._of_answer(response, text), *_of_headers(response, text)]
        found += self._of_writes(request, response, writes)
        if self._is_refused(request) and (response.status_code < 300 or writes.tables - _COUNTING):
            found.append(f"The access matrix forbids this, and it was answered {response.status_code}.")
        return found

    def _of_answer(self, response: HttpResponse, text: str) -> Iterator[str]:
        if response.status_code >= 500:
            raised = getattr(response, "exc_info", None)
            yield (
                f"It was answered {response.status_code}: {raised[1]!r}" if raised else "It was answered 500."
            )
        for secret in self._secrets:
            if secret in text:
                yield f"A secret stands in the answer: {secret[:8]}…"
        for trace in _TRACES:
            if trace in text:
                yield f"The answer tells of its inside: {trace}"
        if response.get("Content-Type", "").startswith("text/html"):
            yield from (f"It stands in the page as it was sent: {mark}" for mark in UNESCAPED if mark in text)
        if not _is_local(response.get("Location", "/")):
            yield f"It leads to {response['Location'][:200]}"

    def _of_writes(self, request: Try, response: HttpResponse, writes: Writes) -> Iterator[str]:
        changed = writes.tables - _COUNTING
        if request.method.upper() != "POST" and changed:
            yield f"{request.method} wrote to {', '.join(sorted(changed))}."
        if not changed:
            return
        actions = set(AuditEvent.objects.exclude(pk__in=self._known).values_list("action", flat=True))
        beyond = changed - {"audit_auditevent"}
        if _refuses(response) and (beyond or actions - _COUNTED):
            what = ", ".join([*sorted(beyond), *sorted(actions)])
            yield f"It was answered {response.status_code}, and yet written: {what}."
        if beyond - _OWN and not actions:
            yield f"{', '.join(sorted(beyond))} changed, and no event says so."

    def _is_refused(self, request: Try) -> bool:
        if not request.route:
            return False
        looking, sending = self._table[request.route][request.who].split("/")
        cells = {"GET": looking, "HEAD": looking, "POST": sending}
        method = request.method.upper()
        return method != "OPTIONS" and cells.get(method, "405") in _REFUSALS


def _of_headers(response: HttpResponse, text: str) -> Iterator[str]:
    if "no-store" not in response.get("Cache-Control", ""):
        yield "Browsers and proxies may keep it."
    if response.get("X-Content-Type-Options") != "nosniff":
        yield "Browsers may take it for something else."
    if "frame-ancestors" not in response.get("Content-Security-Policy", ""):
        yield "Others may put it into a frame."
    is_ours = response["Content-Security-Policy"] == CONTENT_SECURITY_POLICY  # a mail of the demo has its own
    if is_ours and (inline := _INLINE.search(text)):
        yield f"Something inline that the content policy stops: {inline[0]}"


def _refuses(response: HttpResponse) -> bool:
    leads_to_sign_in = response.get("Location", "").startswith(f"{resolve_url(settings.LOGIN_URL)}?")
    return response.status_code >= 400 or leads_to_sign_in


def _is_local(location: str) -> bool:
    return location.startswith("/") and not location.startswith(("//", "/\\"))
