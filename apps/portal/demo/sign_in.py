"""One click instead of a password, for the accounts of the demo. The second factor is still asked for."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from apps.accounts.policy import can_sign_in
from apps.accounts.selectors import user_by_email
from apps.accounts.services.sign_in import record_sign_in
from apps.accounts.web import network_of_request, next_url, remember_browser, start_session
from apps.portal.demo.cast import EMAILS


@login_not_required
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    email = request.POST.get("email", "")
    user = user_by_email(email) if email in EMAILS else None
    if user is None:
        raise Http404
    can_sign_in(user).require()
    record_sign_in(user=user, network=network_of_request(request), now=request.now)
    start_session(request, user)
    response = HttpResponseRedirect(next_url(request))
    remember_browser(request, response, user.pk)
    return response
