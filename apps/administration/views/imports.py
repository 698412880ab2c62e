"""What comes in as a file: the list of jobs, a new one, and one with its plan, progress and result."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from apps.access_requests.web import actor_of
from apps.accounts.web import fresh_until
from apps.administration.forms.imports import ApplyForm, FileForm
from apps.administration.policy.imports import TEMPLATES, Kind, Template, can_import, can_import_anything
from apps.administration.selectors.imports import job_page, report_cells
from apps.administration.services.imports.planning import plan_import
from apps.common.csv import csv_lines
from apps.common.errors import Conflict, DomainError, NotAllowed
from apps.common.web.files import csv_file
from apps.common.web.forms import form_page, sent
from apps.jobs.models import Job
from apps.jobs.selectors import jobs_for
from apps.jobs.services import plan_reversal, start_job, stop_job


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """The jobs that one sees, and what can be brought in."""
    can_import_anything(request.access).require()
    page, rows = jobs_for(request.user.pk, request.access, after=request.GET.get("after", ""))
    context = {
        "page": page,
        "rows": rows,
        "days": settings.IMPORT_DAYS,
        "kinds": [(template, can_import(request.access, template.kind)) for template in TEMPLATES.values()],
    }
    return render(request, "administration/imports.html", context)


@form_page
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """Says what a file of this kind looks like, and takes one."""
    known = _template(kind)
    can_import(request.access, known.kind).require()
    form = FileForm(sent(request), request.FILES or None)
    if form.is_valid():
        try:
            job = plan_import(
                kind=known.kind,
                file_name=form.file_name,
                content=form.cleaned_data["file"].read(),
                actor=actor_of(request),
                now=request.now,
            )
        except DomainError as error:
            form.add_error("file", str(error))
        else:
            return redirect(job)
    context = {"template": known, "form": form}
    return render(request, "administration/import_new.html", context, status=form.status)


@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponseBase:
    """A file with the columns and one line, to fill in."""
    known = _template(kind)
    can_import(request.access, known.kind).require()
    return csv_file(csv_lines(known.names, [known.example]), name=known.kind.value, now=request.now)


@form_page
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The plan, the progress or the result. POST applies the plan."""
    job = _visible(request, pk)
    if request.htmx and not job.is_under_way:
        return HttpResponseClientRefresh()
    form = ApplyForm(sent(request), request=request)
    if form.is_valid():
        try:
            return _apply(request, job, form)
        except (Conflict, NotAllowed) as error:
            form.add_domain_error(error)
    found = job_page(
        job,
        reader=request.user,
        access=request.access,
        only=request.GET.get("only", ""),
        after=request.GET.get("after", ""),
        now=request.now,
    )
    context = {
        "job": job,
        "found": found,
        "page": found.page,
        "only": request.GET.get("only", ""),
        "form": form,
        "fresh_until": fresh_until(request),
    }
    name = "_import_progress" if request.htmx else "import"
    return render(request, f"administration/{name}.html", context, status=form.status)


@require_POST
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    job = _visible(request, pk)
    stop_job(job=job, actor=request.user, access=request.access, now=request.now)
    messages.success(request, f"{job.title} is stopped. What was done stays done.")
    return redirect(job)


@require_POST
def take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Plans the reversal; applying it is a press of its own, with a second factor."""
    job = _visible(request, pk)
    reversal = plan_reversal(job=job, actor=request.user, access=request.access, now=request.now)
    return redirect(reversal)


@require_safe
def report(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    job = _visible(request, pk)
    return csv_file(csv_lines(*report_cells(job)), name=f"{job.kind}-report", now=request.now)


# ---- Parts -------------------------------------------------------------------------------------------------


def _visible(request: HttpRequest, pk: UUID) -> Job:
    return get_object_or_404(Job.objects.visible_to(request.user.pk, request.access), pk=pk)


def _template(kind: str) -> Template:
    if kind not in Kind.values:
        raise Http404
    return TEMPLATES[Kind(kind)]


def _apply(request: HttpRequest, job: Job, form: ApplyForm) -> HttpResponse:
    start_job(
        job=job,
        actor=request.user,
        access=request.access,
        second_factor=form.second_factor,
        now=request.now,
    )
    return redirect(job)
