"""An admin decides on one request about an assignment, and may change its type and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from apps.access_requests.forms.deciding_assignments import DecideAssignmentForm
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.changing import Limits, limiting
from apps.access_requests.selectors.deciding_assignments import (
    AdminEvidence,
    admin_evidence_on,
    admin_evidence_on_many,
)
from apps.access_requests.selectors.managing import AdminStanding
from apps.access_requests.services.deciding import decide
from apps.access_requests.services.previewing import preview_approval
from apps.access_requests.services.verdicts import Changed, Offer, Verdict
from apps.access_requests.views.approve_lists import ASSIGNMENTS, list_page, picked, say_decided
from apps.access_requests.web import actor_of, waiting_of
from apps.accounts.policy import zone_of
from apps.accounts.web import fresh_until
from apps.common.decision import Decision
from apps.common.errors import DomainError
from apps.common.web.forms import sent


@dataclass(frozen=True)
class PickedPanel:
    """The evidence on one of several, and what would come of giving it as it is asked for."""

    evidence: AdminEvidence
    granting: Decision

    def __getattr__(self, name: str) -> object:
        return getattr(self.evidence, name)


@dataclass(frozen=True)
class AdminPanel:
    """The evidence on one request with the form to decide on it."""

    evidence: AdminEvidence
    form: DecideAssignmentForm
    fresh_until: datetime | None

    def __getattr__(self, name: str) -> object:
        return getattr(self.evidence, name)


def can_decide_assignment(request: HttpRequest, item: AccessRequest) -> bool:
    standing = AdminStanding(request.user, request.access, request.now)
    return standing.manages(item) and not standing.gains_by(item)


def decide_assignment(request: HttpRequest, item: AccessRequest) -> HttpResponse:
    """GET shows, POST decides, for whoever may see it, while it waits."""
    evidence = admin_evidence_on(item, reader=request.user, now=request.now)
    form = _form(request, evidence)
    if form.is_valid():
        actor = actor_of(request, form.second_factor)
        try:
            decided = decide(_verdict(item, form), actor=actor, now=request.now)
        except Changed as error:
            messages.warning(request, str(error))
            return _page(request, evidence, _form(request, evidence, bound=False), status=409)
        except DomainError as error:
            form.add_domain_error(error)
        else:
            say_decided(request, decided)
            return redirect(f"{reverse('access_requests:approve')}?tab={ASSIGNMENTS}")
    return _page(request, evidence, form, status=form.status)


def picked_assignments(request: HttpRequest) -> list[PickedPanel]:
    """Those of the ticked requests about assignments that wait for this admin."""
    found = picked(request, waiting_of(request).assignments)
    actor = actor_of(request)
    return [
        PickedPanel(evidence, preview_approval(evidence.item, actor=actor, now=request.now))
        for evidence in admin_evidence_on_many(found, now=request.now)
    ]


def _form(request: HttpRequest, evidence: AdminEvidence, *, bound: bool = True) -> DecideAssignmentForm:
    typed = "" if bound else request.POST.get("justification", "")
    return DecideAssignmentForm(
        sent(request) if bound else None,
        request=request,
        asked=evidence.item,
        limits=Limits.of([limiting(evidence.settings, evidence.item.resource.group)]),
        tz=zone_of(request.user),
        now=request.now,
        initial={"digest": evidence.digest, "justification": typed},
    )


def _page(
    request: HttpRequest, evidence: AdminEvidence, form: DecideAssignmentForm, *, status: int
) -> HttpResponse:
    panel = AdminPanel(evidence, form, fresh_until(request))
    return list_page(request, tab=ASSIGNMENTS, selected=panel, status=status)


def _verdict(item: AccessRequest, form: DecideAssignmentForm) -> Verdict:
    data = form.cleaned_data
    return Verdict(
        request_id=item.id,
        approve=data["choice"] == "approve",
        digest=data["digest"],
        justification=data["justification"],
        offer=Offer(data["kind"], data["starts_at"], data["ends_at"]),
    )
