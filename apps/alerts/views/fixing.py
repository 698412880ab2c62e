"""From findings to the page that mends them: nothing is changed here that could not be changed there."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from apps.access_requests.policy.changing import Change
from apps.accounts.web import next_url
from apps.administration.web import plan_page
from apps.alerts.models import Finding
from apps.alerts.policy.catalogue import BY_ID
from apps.alerts.policy.fixing import has_fix
from apps.alerts.policy.terms import Fix, Rule
from apps.alerts.selectors.fixing import changes_to_require_mfa, picked
from apps.common.access import Permission, can_open
from apps.common.lookup import as_ids
from apps.common.web.forms import form_page, picked_ids

_CHANGES = {Fix.REMOVE: Change.REMOVE, Fix.MAKE_ELIGIBLE: Change.MAKE_ELIGIBLE}


@form_page
def fix(request: HttpRequest) -> HttpResponse:
    """Picked findings of one alert. Assignments are changed on their own page, as if picked there."""
    can_open(request.access, Permission.ALERTS_READ).require()
    found = list(picked(as_ids(picked_ids(request)), request.access))
    rules = {row.rule for row in found}
    rule = BY_ID.get(rules.pop()) if len(rules) == 1 else None
    back = next_url(request, "alerts:all")
    found = [row for row in found if rule and has_fix(rule.fix, row.ids)]
    if rule is None or rule.fix is None or not found:
        messages.info(request, "Pick at least one finding that is still there and can be fixed.")
        return redirect(back)
    if rule.fix == Fix.REQUIRE_MFA:
        return _settings_page(request, rule, found, back)
    asked = {"pick": [row.ids["assignment"] for row in found], "next": back}
    page = reverse("access_requests:change_assignments", args=[_CHANGES[rule.fix]])
    return redirect(f"{page}?{urlencode(asked, doseq=True)}")


def _settings_page(request: HttpRequest, rule: Rule, found: Sequence[Finding], back: str) -> HttpResponse:
    carried = [("next", back), *(("pick", str(row.pk)) for row in found)]
    return plan_page(
        request,
        changes_to_require_mfa(found, request.access),
        template="alerts/fix_settings.html",
        context={"alert": rule, "carried": carried, "back": back},
        back=back,
    )
