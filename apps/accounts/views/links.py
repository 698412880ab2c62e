"""The page behind a link that was mailed to somebody: looking changes nothing, sending the form spends it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters

from apps.accounts.forms.links import LinkPasswordForm, NewPasswordForm
from apps.accounts.models import AccountLink, User
from apps.accounts.selectors import usable_link
from apps.accounts.services.links import set_password_by_link, sign_in_by_link
from apps.accounts.web import (
    known_people,
    network_of_request,
    note_used_link,
    remember_browser,
    start_session,
)
from apps.common.errors import NotAllowed
from apps.common.web.forms import PortalForm, form_page, sent

# The address is a secret: no other page learns it. (`no-referrer` would also hide where the form comes from.)
_REFERRER_POLICY = "strict-origin"


@login_not_required
@sensitive_post_parameters("password", "new_password", "new_password_again")
@form_page
def open_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    link = usable_link(pk, request.GET.get("key", ""), now=request.now)
    if link is None:
        return _page(request, "link_closed", status=404)
    form = (NewPasswordForm if link.sets_password else LinkPasswordForm)(sent(request))
    if form.is_valid() and (user := _use(request, link, form)):
        return _go_on(request, link, user)
    return _page(request, "link", status=form.status, form=form, link=link)


def _page(request: HttpRequest, template: str, *, status: int, **context: Any) -> HttpResponse:
    response = render(request, f"accounts/{template}.html", context, status=status)
    response["Referrer-Policy"] = _REFERRER_POLICY
    return response


def _use(request: HttpRequest, link: AccountLink, form: PortalForm) -> User | None:
    common = {"link": link, "network": network_of_request(request), "now": request.now}
    try:
        if link.sets_password:
            return set_password_by_link(password=form.cleaned_data["new_password"], **common)
        known = known_people(request)
        return sign_in_by_link(password=form.cleaned_data["password"], known_people=known, **common)
    except NotAllowed as refusal:
        form.add_domain_error(refusal)
        return None


def _go_on(request: HttpRequest, link: AccountLink, user: User) -> HttpResponse:
    """Signed in, and on to the second factor where the link is for one; it all ends on My roles."""
    start_session(request, user)
    target = resolve_url("access_requests:my_roles")
    if link.sets_factor:
        note_used_link(request, link)
        target = f"{resolve_url('accounts:add_factor')}?{urlencode({'next': target})}"
    else:
        messages.success(request, "Your new password is set. You are signed in.")
    response = HttpResponseRedirect(target, headers={"Referrer-Policy": _REFERRER_POLICY})
    remember_browser(request, response, user.pk)
    return response
