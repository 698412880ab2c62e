"""A person's own page: who they are here, their time zone, password and sessions."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from apps.accounts.forms.profile import PasswordForm, TimeZoneForm
from apps.accounts.policy import zone_of
from apps.accounts.selectors import has_second_factor, second_factors_of, sessions_of
from apps.accounts.services import sessions
from apps.accounts.services.passwords import change_password
from apps.accounts.services.people import change_time_zone
from apps.accounts.web import fresh_until, keep_this_session, network_of_request
from apps.common.errors import NotAllowed
from apps.common.instants import clock_time
from apps.common.web.forms import form_page, sent


@form_page
def profile(request: HttpRequest) -> HttpResponse:
    """What is sent here is the time zone; everything else has a page or a button of its own."""
    form = TimeZoneForm(
        sent(request),
        own=request.user.time_zone,
        time_there=clock_time(request.now, zone_of(request.user)),
    )
    if form.is_valid():
        zone = form.cleaned_data["time_zone"]
        change_time_zone(user=request.user, time_zone=zone, actor=request.user.party, now=request.now)
        messages.success(request, f"Times are shown in {zone}.")
        return redirect("accounts:profile")
    limits = {"idle": settings.SESSION_IDLE_AGE // 60, "longest": settings.SESSION_COOKIE_AGE // 60}
    context = {
        "form": form,
        "limits": limits,
        "factors": second_factors_of(request.user),
        "sessions": sessions_of(request.user, here=request.session.session_key, now=request.now),
    }
    return render(request, "accounts/profile.html", context, status=form.status)


@sensitive_post_parameters("current_password", "new_password", "new_password_again", "code")
@form_page
def password(request: HttpRequest) -> HttpResponse:
    needs_factor = has_second_factor(request.user)
    form = PasswordForm(sent(request), request=request, factor_required=needs_factor)
    if form.is_valid() and _is_changed(request, form):
        messages.success(request, "Your password is changed. You are signed out everywhere else.")
        return redirect("accounts:profile")
    factor = {"needed": needs_factor, "fresh_until": fresh_until(request)}
    context = {"form": form, "factor": factor}
    return render(request, "accounts/password.html", context, status=form.status)


@require_POST
def end_session(request: HttpRequest, pk: UUID) -> HttpResponse:
    if not sessions.end_session(user=request.user, session_id=pk, now=request.now):
        raise Http404
    messages.success(request, "That session has ended.")
    return redirect("accounts:profile")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    keep = keep_this_session(request)
    if sessions.end_other_sessions(user=request.user, keep=keep, now=request.now):
        messages.success(request, "You are signed out everywhere else.")
    else:
        messages.info(request, "You are signed in nowhere else.")
    return redirect("accounts:profile")


def _is_changed(request: HttpRequest, form: PasswordForm) -> bool:
    try:
        change_password(
            user=request.user,
            current=form.cleaned_data["current_password"],
            new=form.cleaned_data["new_password"],
            network=network_of_request(request),
            keep=request.session.session_key,
            now=request.now,
        )
    except NotAllowed as refusal:
        form.add_domain_error(refusal)
        return False
    update_session_auth_hash(request, request.user)  # which gives this session a new key too
    return True
