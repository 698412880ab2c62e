"""The current second-factor code of each demo account, so that nobody needs two phones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.devices import STEP, AuthenticatorDevice
from apps.accounts.models import User
from apps.accounts.selectors import devices_by_user, users_by_email
from apps.portal.demo.cast import CAST


@dataclass(frozen=True)
class CodeRow:
    """`code` is empty for whoever has no second factor. A used one is refused until the next comes."""

    user: User
    code: str
    is_used: bool


@login_not_required
@require_safe
@never_cache
def codes(request: HttpRequest) -> HttpResponse:
    found = users_by_email(account.email for account in CAST)
    people = [found[account.email] for account in CAST if account.email in found]
    devices = devices_by_user(user.pk for user in people)
    context = {
        "rows": [_row(user, devices.get(user.pk), request.now) for user in people],
        "seconds_left": STEP - int(request.now.timestamp()) % STEP,
        "seconds": STEP,
    }
    return render(request, "portal/_demo_codes.html" if request.htmx else "portal/demo_codes.html", context)


def _row(user: User, device: AuthenticatorDevice | None, now: datetime) -> CodeRow:
    if device is None:
        return CodeRow(user, "", is_used=False)
    return CodeRow(user, device.code_at(now), is_used=device.last_step >= device.step_at(now))
