"""All role settings as one file: out, and in again by a plan."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.access_requests.web import actor_of
from apps.administration.forms.settings_file import FileForm
from apps.administration.selectors.settings_file import WrongFile, changes_in
from apps.administration.services.settings_file import export_settings
from apps.administration.web import plan_page
from apps.common.access import Permission, Provider, can_open
from apps.common.strict_yaml import Fault
from apps.common.web.files import text_file
from apps.common.web.forms import form_page
from apps.roles.web import stand_in

_FAULTS_SHOWN = 200


@form_page
def settings_file(request: HttpRequest) -> HttpResponse:
    """Take the settings out, or look at what a file would change and apply that."""
    can_open(request.access, Permission.SETTINGS_READ).require()
    stand_in(request, _provider(request))
    if request.method != "POST":
        return _start_page(request, FileForm())
    can_open(request.access, Permission.SETTINGS_MANAGE).require()
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _start_page(request, form)
    try:
        changes = changes_in(form.cleaned_data["data"], actor=actor_of(request), now=request.now)
    except WrongFile as wrong:
        return _start_page(request, form, wrong.faults)
    return plan_page(
        request,
        changes,
        template="administration/settings_file_plan.html",
        context={"text": form.shown},
        back=reverse("administration:settings_file"),
    )


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """A POST, as it writes down who took it."""
    text = export_settings(actor=actor_of(request), now=request.now)
    return text_file(text, name="role-settings", kind="yaml", now=request.now)


def _provider(request: HttpRequest) -> Provider:
    """The one whose settings led here; else the first that the visitor reads."""
    readable = [each for each in Provider if request.access.may_in(Permission.SETTINGS_READ, each)]
    return next((each for each in readable if each == request.GET.get("provider")), readable[0])


def _start_page(request: HttpRequest, form: FileForm, faults: Sequence[Fault] = ()) -> HttpResponse:
    context = {
        "form": form,
        "faults": faults[:_FAULTS_SHOWN],
        "faults_left": max(0, len(faults) - _FAULTS_SHOWN),
        "count": len(faults),
        "text": form.shown if faults else form.data.get("text", ""),
        "can_import": can_open(request.access, Permission.SETTINGS_MANAGE),
    }
    return render(
        request, "administration/settings_file.html", context, status=400 if faults else form.status
    )
