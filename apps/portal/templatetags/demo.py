"""The demo's part of the sign-in page."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.template import Context

from apps.portal.demo.cast import CAST, PASSWORD

register = template.Library()


@register.inclusion_tag("portal/_demo_accounts.html", takes_context=True)
def demo_accounts(context: Context) -> dict[str, Any]:
    """Buttons that sign in as an account of the demo; outside the demo nothing."""
    request = context["request"]
    return {
        "accounts": CAST if settings.DEMO else (),
        "password": PASSWORD,
        "next": request.GET.get("next", ""),
        "csrf_token": context.get("csrf_token"),
    }
