"""What leaves access reviews as files. Each is a POST, as it writes down who took it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from apps.access_requests.web import actor_of
from apps.common.access import Permission, can_open
from apps.common.text import counted
from apps.common.web.files import csv_file, zip_file
from apps.reviews.evidence_pack import pack_pieces
from apps.reviews.forms.exports import ReportForm
from apps.reviews.models import Round
from apps.reviews.result_file import result_lines
from apps.reviews.selectors.exports import Report, counts_of, lines_of_report
from apps.reviews.services.exporting import export_evidence, export_report, export_results


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """What a report would hold: of a period, and what is narrowed down in it."""
    can_open(request.access, Permission.REVIEWS_READ).require()
    form = ReportForm(request.GET, access=request.access)
    return _page(request, form)


@require_POST
def export_history(request: HttpRequest) -> HttpResponseBase:
    can_open(request.access, Permission.REVIEWS_READ).require()
    form = ReportForm(request.POST, access=request.access)
    if not form.is_valid():
        return _page(request, form)
    results = export_report(form.report(), actor=actor_of(request), now=request.now)
    return csv_file(result_lines(results), name="access-review-history", now=request.now)


@require_POST
def export_round(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    results = export_results(_round(request, pk), actor=actor_of(request), now=request.now)
    return csv_file(result_lines(results), name="access-review-results", now=request.now)


@require_POST
def export_evidence_pack(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    evidence = export_evidence(_round(request, pk), actor=actor_of(request), now=request.now)
    return zip_file(pack_pieces(evidence), name="access-review-evidence", now=request.now)


def _page(request: HttpRequest, form: ReportForm) -> HttpResponse:
    context = {
        "form": form,
        "size": _size(request, form.report()) if form.is_valid() else "",
        "is_filtered": any(form.data.get(name) for name in form.fields),
        "chosen": ReportForm(form.data, access=request.access, auto_id=False),  # sent along for the file
    }
    return render(request, "reviews/history.html", context, status=form.status)


def _size(request: HttpRequest, report: Report) -> str:
    """How much the file will hold, in words; nothing for nothing."""
    counts = counts_of(lines_of_report(report, request.access))
    lines, rounds = counted(counts["lines"], "line"), counted(counts["rounds"], "round")
    return f"{lines} of {rounds}" if counts["lines"] else ""


def _round(request: HttpRequest, pk: UUID) -> Round:
    rounds = Round.objects.visible_to(request.access).select_related("review__owner")
    return get_object_or_404(rounds, pk=pk)
