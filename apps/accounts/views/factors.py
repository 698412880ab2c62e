"""Second factors of the person themself: adding, recovering and deleting them, and recovery codes."""

from __future__ import annotations

from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_post_parameters

from apps.accounts.forms.factors import (
    ConfirmEnrolmentForm,
    ConfirmWithFactorForm,
    EnrolmentCodeForm,
    RecoveryCodeForm,
)
from apps.accounts.models import AuthenticatorDevice
from apps.accounts.policy import NO_FACTOR, Ground
from apps.accounts.selectors import (
    device_being_set_up,
    has_second_factor,
    recovery_codes_of,
    second_factors_of,
    used_link,
)
from apps.accounts.services.enrolment import begin_enrolment, confirm_enrolment
from apps.accounts.services.factors import delete_authenticator
from apps.accounts.services.one_time_codes import make_recovery_codes
from apps.accounts.web import (
    accept_second_factor,
    fresh_until,
    keep_this_session,
    next_url,
    used_link_id,
    with_next,
)
from apps.common.errors import NotAllowed
from apps.common.web.forms import PortalForm, form_page, sent

_PROFILE = "accounts:profile"
_BEING_SET_UP = "factor_being_set_up"  # in the session: nobody else can finish what this browser began


@sensitive_post_parameters("code")
@form_page
def add_factor(request: HttpRequest) -> HttpResponse:
    """Step 1: what allows it. With a second factor that is a code of it; without one the mailed link that was
    just used, or an enrolment code."""
    ground = _ground(request)
    form = _first_form(request, ground)
    if form.is_valid() and _begin(request, ground, form):
        return HttpResponseRedirect(with_next(request, "accounts:confirm_factor"))
    return _page(request, "add_factor", form, ground=ground)


@sensitive_post_parameters("code")
@form_page
def recover(request: HttpRequest) -> HttpResponse:
    """Step 1 for whoever has lost their app."""
    if not has_second_factor(request.user):
        return HttpResponseRedirect(with_next(request, "accounts:add_factor"))
    form = RecoveryCodeForm(sent(request))
    if form.is_valid() and _begin(request, Ground.RECOVERY_CODE, form):
        return HttpResponseRedirect(with_next(request, "accounts:confirm_factor"))
    return _page(request, "recover", form, recovery=recovery_codes_of(request.user))


@sensitive_post_parameters("code")
@form_page
def confirm_factor(request: HttpRequest) -> HttpResponse:
    """Step 2: scan, and enter the first code. The answer shows the recovery codes, this once."""
    device = device_being_set_up(request.user, request.session.get(_BEING_SET_UP), now=request.now)
    if device is None:
        return _nothing_to_confirm(request)
    form = ConfirmEnrolmentForm(sent(request), initial={"name": device.name})
    if form.is_valid():
        try:
            codes = confirm_enrolment(
                device=device, **form.cleaned_data, keep=keep_this_session(request), now=request.now
            )
        except NotAllowed as refusal:
            form.add_domain_error(refusal)
        else:
            return _finished(request, device, codes)
    return _page(request, "confirm_factor", form, device=device, qr_code=_qr_code(device), key=_key(device))


@sensitive_post_parameters("code")
@form_page
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """How many are left; POST makes ten new ones and shows them, this once."""
    form = ConfirmWithFactorForm(sent(request), request=request)
    if form.is_valid():
        try:
            codes = make_recovery_codes(
                user=request.user,
                second_factor=form.second_factor,
                keep=keep_this_session(request),
                now=request.now,
            )
        except NotAllowed as refusal:
            form.add_domain_error(refusal)
        else:
            return _codes_page(request, codes)
    return _page(request, "recovery_codes", form, recovery=recovery_codes_of(request.user))


@sensitive_post_parameters("code")
@form_page
def delete_factor(request: HttpRequest, pk: int) -> HttpResponse:
    rows = second_factors_of(request.user).rows
    row = next((row for row in rows if row.device.pk == pk), None)
    if row is None:
        raise Http404
    form = ConfirmWithFactorForm(sent(request), request=request)
    if form.is_valid():
        try:
            delete_authenticator(
                user=request.user,
                device_id=pk,
                second_factor=form.second_factor,
                keep=keep_this_session(request),
                now=request.now,
            )
        except NotAllowed as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, f"“{row.device.name}” is deleted. Your other sessions are signed out.")
            return HttpResponseRedirect(next_url(request, _PROFILE))
    return _page(request, "delete_factor", form, row=row)


# ---- Parts -------------------------------------------------------------------------------------------------


def _ground(request: HttpRequest) -> Ground:
    if has_second_factor(request.user):
        return Ground.FACTOR
    if used_link(request.user, used_link_id(request), now=request.now):
        return Ground.LINK
    return Ground.DEMO if settings.DEMO else Ground.ENROLMENT_CODE


def _first_form(request: HttpRequest, ground: Ground) -> PortalForm:
    if ground == Ground.FACTOR:
        return ConfirmWithFactorForm(sent(request), request=request)
    form = EnrolmentCodeForm if ground == Ground.ENROLMENT_CODE else PortalForm
    return form(sent(request))


def _begin(request: HttpRequest, ground: Ground, form: PortalForm) -> bool:
    """Whether the command allowed it; then this session, under a new key, is where it can be finished."""
    try:
        device = begin_enrolment(
            user=request.user,
            ground=ground,
            second_factor=getattr(form, "second_factor", NO_FACTOR),
            code=form.cleaned_data.get("code", ""),
            link_id=used_link_id(request),
            now=request.now,
        )
    except NotAllowed as refusal:
        form.add_domain_error(refusal)
        return False
    keep_this_session(request)
    request.session[_BEING_SET_UP] = device.pk
    return True


def _finished(request: HttpRequest, device: AuthenticatorDevice, codes: list[str]) -> HttpResponse:
    device.refresh_from_db()
    accept_second_factor(request, device)
    messages.success(request, f"“{device.name}” is set up.")
    return _codes_page(request, codes) if codes else HttpResponseRedirect(next_url(request, _PROFILE))


def _nothing_to_confirm(request: HttpRequest) -> HttpResponse:
    """Whoever sends the last step again, by reloading its answer, has finished; all others begin anew."""
    began = request.session.get(_BEING_SET_UP)
    if any(row.device.pk == began for row in second_factors_of(request.user).rows):
        messages.info(request, "The app is set up. If you did not keep the recovery codes, make new ones.")
        return redirect(_PROFILE)
    messages.info(request, "Begin here. Setting up is finished in the same browser, within 30 minutes.")
    return HttpResponseRedirect(with_next(request, "accounts:add_factor"))


def _codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    context = {"codes": codes, "next_url": next_url(request, _PROFILE)}
    return render(request, "accounts/recovery_codes_made.html", context)


def _page(request: HttpRequest, template: str, form: PortalForm, **context: Any) -> HttpResponse:
    context |= {
        "form": form,
        "fresh_until": fresh_until(request),
        "cancel_url": next_url(request, _PROFILE),
        "recover_url": with_next(request, "accounts:recover"),
    }
    return render(request, f"accounts/{template}.html", context, status=form.status)


def _key(device: AuthenticatorDevice) -> str:
    """The secret for those who type it, in groups of four."""
    text = device.secret_text
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _qr_code(device: AuthenticatorDevice) -> SafeString:
    """Black on white with the quiet zone around it, in the dark theme too: that is what cameras read."""
    drawing = segno.make(device.setup_uri, error="m", micro=False).svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, lineclass=None
    )
    return mark_safe(drawing)  # noqa: S308 - drawn here, nothing of it is text
