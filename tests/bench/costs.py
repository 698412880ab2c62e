"""What a request took, told in headers of its answer: CPU of its thread, and statements to the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

CPU, STATEMENTS = "X-Bench-CPU", "X-Bench-Statements"


class Counter:
    """Around each statement, as `connection.execute_wrapper` has it."""

    def __init__(self) -> None:
        self.statements = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.statements += 1
        return execute(*arguments)


def tell_costs(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The outermost of all middleware. On SQLite the CPU is that of the database too."""

    def middleware(request: HttpRequest) -> HttpResponse:
        counter, began = Counter(), time.thread_time()
        with connection.execute_wrapper(counter):
            response = get_response(request)
        response.headers[CPU] = f"{(time.thread_time() - began) * 1000:.3f}"
        response.headers[STATEMENTS] = str(counter.statements)
        return response

    return middleware
