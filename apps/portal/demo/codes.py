"""The current second-factor code of each demo account, so that nobody needs two phones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.devices import STEP, AuthenticatorDevice
from apps.accounts.models import User
from apps.accounts.selectors import devices_being_set_up, devices_by_user, users_by_email
from apps.portal.demo.cast import CAST


@dataclass(frozen=True)
class CodeRow:
    """`code` is empty for whoever has no second factor. A used one is refused until the next comes.

    `is_new`: of an app that is being set up, whose code only finishes that.
    """

    user: User
    code: str = ""
    is_used: bool = False
    is_new: bool = False


@login_not_required
@require_safe
def codes(request: HttpRequest) -> HttpResponse:
    found = users_by_email(account.email for account in CAST)
    people = [found[account.email] for account in CAST if account.email in found]
    context = {
        "rows": _rows(people, request.now),
        "seconds_left": STEP - int(request.now.timestamp()) % STEP,
        "seconds": STEP,
    }
    return render(request, "portal/_demo_codes.html" if request.htmx else "portal/demo_codes.html", context)


def _rows(people: list[User], now: datetime) -> list[CodeRow]:
    """One row for each person; one more below it for an app that is being set up."""
    ids = [user.pk for user in people]
    devices, new = devices_by_user(ids), devices_being_set_up(ids, now=now)
    rows = []
    for user in people:
        if user.pk in devices or user.pk not in new:
            rows.append(_row(user, devices.get(user.pk), now))
        if user.pk in new:
            rows.append(CodeRow(user, new[user.pk].code_at(now), is_new=True))
    return rows


def _row(user: User, device: AuthenticatorDevice | None, now: datetime) -> CodeRow:
    if device is None:
        return CodeRow(user)
    return CodeRow(user, device.code_at(now), is_used=device.last_step >= device.step_at(now))
