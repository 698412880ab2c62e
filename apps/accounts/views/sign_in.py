"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.contrib import auth, messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views import defaults
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import FormView

from apps.accounts.forms.sign_in import SignInForm
from apps.accounts.services import sign_in
from apps.accounts.web import (
    known_people,
    network_of_request,
    next_url,
    remember_browser,
    start_session,
)
from apps.common.errors import NotAllowed


@method_decorator([login_not_required, sensitive_post_parameters("password")], name="dispatch")
class SignIn(FormView):
    """E-mail and password. `next` leads back to where the person wanted to go, inside the portal only."""

    form_class = SignInForm
    template_name = "accounts/sign_in.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return HttpResponseRedirect(next_url(request))
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: SignInForm) -> HttpResponse:
        request = self.request
        try:
            user = sign_in.sign_in(
                **form.cleaned_data,
                network=network_of_request(request),
                known_people=known_people(request),
                now=request.now,
            )
        except NotAllowed as refusal:
            form.add_domain_error(refusal)
            return self.form_invalid(form)
        start_session(request, user)
        response = HttpResponseRedirect(next_url(request))
        remember_browser(request, response, user.pk)
        return response


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        sign_in.record_sign_out(user=request.user, now=request.now)
        auth.logout(request)
        messages.success(request, "You are signed out.")
    return redirect("accounts:sign_in")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Whoever is signed out elsewhere in the middle of a request signs in anew; the rest is for Django."""
    if isinstance(exception, SessionInterrupted):
        return redirect("accounts:sign_in")
    return defaults.bad_request(request, exception)
