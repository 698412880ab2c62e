"""The first hour: setting an empty portal up, and the steps of the checklist that are pressed. Later, how the
portal is installed."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from apps.access_requests.web import actor_of
from apps.accounts.models import AccountLink
from apps.accounts.web import ConfirmForm, fresh_until
from apps.administration.forms.installation import OrganisationForm, SetUpForm
from apps.administration.policy.installation import can_set_up
from apps.administration.selectors.installation import anybody_exists, installation_facts
from apps.administration.services import audit_log, checklist
from apps.administration.services.installation import Wanted, set_up_by_code
from apps.administration.services.organisation import rename_organisation
from apps.audit.selectors import log_state
from apps.common.web.forms import form_page, sent
from apps.notifications.links import signed_path

# The address of the link that follows is a secret: no other page learns it.
_REFERRER_POLICY = "strict-origin"


@login_not_required
@sensitive_post_parameters("code")
@form_page
def setup(request: HttpRequest) -> HttpResponse:
    """Guarded by a code that the console showed; not there any more once somebody exists."""
    if anybody_exists():
        raise Http404
    form = SetUpForm(sent(request), initial={"organisation": settings.ORGANISATION})
    if form.is_valid() and (link := _set_up(request, form)):
        there = signed_path(link.get_absolute_url(), link.user.email)
        return HttpResponseRedirect(there, headers={"Referrer-Policy": _REFERRER_POLICY})
    here = f"{request.scheme}://{request.get_host()}"
    context = {"form": form, "base_url": settings.BASE_URL, "here": here}
    return render(request, "administration/setup.html", context, status=form.status)


def _set_up(request: HttpRequest, form: SetUpForm) -> AccountLink | None:
    said = dict(form.cleaned_data)
    code = said.pop("code")
    with form.taking_refusals():
        return set_up_by_code(Wanted(**said), code=code, now=request.now)
    return None


@sensitive_post_parameters("code")
@form_page
def installation(request: HttpRequest) -> HttpResponse:
    """How the portal is installed, and what its organisation is called, which can be changed here."""
    can_set_up(request.access).require()
    state = {"log": log_state(now=request.now), "can_verify": can_set_up(request.access)}
    if request.htmx and request.method != "POST":
        return render(request, "administration/_audit_state.html", state)
    facts = installation_facts(request.user, request.access)
    if request.method == "POST":
        facts.can_rename.require()
    form = OrganisationForm(sent(request), request=request, initial={"organisation": facts.organisation})
    if form.is_valid():
        with form.taking_refusals():
            name = form.cleaned_data["organisation"]
            rename_organisation(name=name, actor=actor_of(request, form.second_factor), now=request.now)
            messages.success(request, f"The organisation is called {name}.")
            return redirect("administration:installation")
    context = {
        "form": form,
        "facts": facts,
        **state,
        "fresh_until": fresh_until(request),
    }
    return render(request, "administration/installation.html", context, status=form.status)


@require_POST
def verify_log(request: HttpRequest) -> HttpResponse:
    verification = audit_log.verify_log(actor=actor_of(request), now=request.now)
    if verification.is_running:
        messages.info(request, "The audit log is being verified. It goes on without this page.")
    return redirect("administration:installation")


@require_POST
def send_test_mail(request: HttpRequest) -> HttpResponse:
    checklist.send_test_mail(actor=actor_of(request), now=request.now)
    messages.success(request, f"A test mail is on its way to {request.user.email}.")
    return redirect("administration:installation")


@sensitive_post_parameters("code")
@form_page
def confirm_backup(request: HttpRequest) -> HttpResponse:
    can_set_up(request.access).require()
    form = ConfirmForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            checklist.confirm_backup(actor=actor_of(request, form.second_factor), now=request.now)
            messages.success(request, "It is noted that backups are made.")
            return redirect(settings.LOGIN_REDIRECT_URL)
    context = {"form": form, "fresh_until": fresh_until(request)}
    return render(request, "administration/confirm_backup.html", context, status=form.status)
