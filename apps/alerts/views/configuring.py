"""How an alert is set in one place: the form, and the step back to what holds above."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from apps.access_requests.web import actor_of
from apps.accounts.web import ConfirmForm, fresh_until
from apps.alerts.forms import SettingsForm
from apps.alerts.policy.configuring import may_configure
from apps.alerts.policy.terms import Setting
from apps.alerts.selectors.configuring import InForce, in_force, place_of_settings, set_below
from apps.alerts.selectors.listing import count_open
from apps.alerts.services.configuring import SettingsMoved, configure_alert
from apps.alerts.views.details import alert_at
from apps.common.access import Provider
from apps.common.errors import Conflict
from apps.common.text import counted
from apps.common.web.forms import form_page, sent
from apps.roles.web import Place


@sensitive_post_parameters("code")
@form_page
def configure(request: HttpRequest, provider: Provider, rule: str) -> HttpResponse:
    present, place = _present(request, provider, rule)
    loses = _loses(request, present)
    form = SettingsForm(sent(request), request=request, present=present, loses=loses)
    if form.is_valid():
        with form.taking_refusals():
            try:
                return _changed(request, present, place, form.setting, form)
            except SettingsMoved:
                return _page(request, "configure", *_present(request, provider, rule), form, is_stale=True)
    return _page(request, "configure", present, place, form)


@sensitive_post_parameters("code")
@form_page
def inherit(request: HttpRequest, provider: Provider, rule: str) -> HttpResponse:
    """Nothing of its own any more."""
    present, place = _present(request, provider, rule)
    if present.own is None:
        raise Conflict("Nothing is set here. What holds above counts already.")
    form = ConfirmForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            return _changed(request, present, place, None, form)
    return _page(request, "inherit", present, place, form)


# ---- Parts -------------------------------------------------------------------------------------------------


def _present(request: HttpRequest, provider: Provider, rule: str) -> tuple[InForce, Place]:
    """What counts in the place that the address names, for whoever may change it."""
    alert, place = alert_at(request, provider, rule)
    present = in_force(alert, provider, place_of_settings(provider, place.resource))
    may_configure(request.access, provider, present.path, present.place_name).require()
    return present, place


def _changed(
    request: HttpRequest, present: InForce, place: Place, wanted: Setting | None, form: ConfirmForm
) -> HttpResponse:
    is_changed = configure_alert(
        present.rule,
        present.provider,
        present.resource,
        wanted=wanted,
        version=request.POST.get("version", ""),
        actor=actor_of(request, form.second_factor),
        now=request.now,
    )
    if is_changed:
        messages.success(request, "The settings are changed. The alert is looked at again.")
    else:
        messages.info(request, "Nothing was changed.")
    return redirect(_detail_url(present, place))


def _loses(request: HttpRequest, present: InForce) -> str:
    """What turning the alert off means here."""
    here = counted(count_open(request.access, present, now=request.now), "open finding")
    where = f"on {present.place_name} and below" if present.resource else f"in {present.place_name}"
    return (
        f"Turned off, nobody sees or hears of this any more {where}. {here} would be taken from the list. "
        f"No longer looked for: {present.trigger}"
    )


def _page(
    request: HttpRequest,
    name: str,
    present: InForce,
    place: Place,
    form: ConfirmForm,
    *,
    is_stale: bool = False,
) -> HttpResponse:
    context = {
        "rule": present.rule,
        "present": present,
        "form": form,
        "is_stale": is_stale,
        "below": set_below(present, request.access),
        "back": _detail_url(present, place),
        "fresh_until": fresh_until(request),
    }
    return render(request, f"alerts/{name}.html", context, status=409 if is_stale else form.status)


def _detail_url(present: InForce, place: Place) -> str:
    return reverse("alerts:detail", args=[present.provider, present.rule.id]) + place.query
