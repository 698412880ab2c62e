"""Who held what, as a list, as a page to print, and as a file.

It opens to whoever reads the audit log: what is past, and who allowed it, is what the log tells. Its lines
are those of places where one may see who holds what, too.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import Principal
from apps.administration.policy.people import can_see_people
from apps.common.access import Permission, can_open
from apps.common.web.files import csv_file
from apps.portal.forms import ReportForm
from apps.portal.reports.export import export_report
from apps.portal.reports.selectors import Holders, Report, first_lines, report_page
from apps.roles.models import Resource, RoleDefinition

PRINTED = 1_000  # lines on paper; more are a matter for the file


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    form, context = _asked(request)
    if form.is_valid():
        asked = _report(form, context)
        count, page, lines = report_page(
            asked, request.access, after=request.GET.get("after", ""), now=request.now
        )
        counted = f"{count} assignment{'' if count == '1' else 's'}"
        context |= {"report": asked, "counted": counted, "page": page, "lines": lines}
    return render(request, "portal/report.html", context, status=form.status)


@require_safe
def print_report(request: HttpRequest) -> HttpResponse:
    form, context = _asked(request)
    if not form.is_valid():
        return render(request, "portal/report.html", context, status=400)
    asked = _report(form, context)
    lines = first_lines(asked, request.access, at_most=PRINTED + 1, now=request.now)
    context |= {"report": asked, "lines": lines[:PRINTED], "is_cut": len(lines) > PRINTED}
    return render(request, "portal/report_print.html", context | {"printed": PRINTED})


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """A POST, as it writes down who took it."""
    form, context = _asked(request)
    if not form.is_valid():
        return render(request, "portal/report.html", context, status=400)
    lines = export_report(
        _report(form, context), actor=request.user.party, access=request.access, now=request.now
    )
    return csv_file(lines, name="who-held-what", now=request.now)


def _asked(request: HttpRequest) -> tuple[ReportForm, dict[str, Any]]:
    """The form as it was sent, and the things that it names, as far as their reader sees them."""
    can_open(request.access, Permission.AUDIT_READ).require()
    form = ReportForm(request.POST if request.method == "POST" else request.GET, now=request.now)
    named = form.cleaned_data if form.is_valid() else {}
    return form, {
        "form": form,
        "resource": _resource(request, named),
        "person": _person(request, named),
        "role": get_object_or_404(RoleDefinition, pk=named["role"]) if named.get("role") else None,
        "groups_as_people": named.get("holders") == Holders.PEOPLE,
    }


def _report(form: ReportForm, context: dict[str, Any]) -> Report:
    resource = context["resource"]
    return form.report(path=resource.path if resource else "")


def _resource(request: HttpRequest, named: dict[str, Any]) -> Resource | None:
    if not named.get("on"):
        return None
    return get_object_or_404(
        Resource.objects.visible_to(request.access, Permission.AUDIT_READ), pk=named["on"]
    )


def _person(request: HttpRequest, named: dict[str, Any]) -> Principal | None:
    """Whoever may not see people is not told their names either."""
    if not named.get("person"):
        return None
    if not can_see_people(request.access):
        raise Http404
    return get_object_or_404(Principal, pk=named["person"])
