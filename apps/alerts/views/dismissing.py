"""Dismissing what was found, one or many, and taking that back: a page each that shows what it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters

from apps.access_requests.web import actor_of
from apps.accounts.web import ConfirmForm, fresh_until, next_url
from apps.alerts.forms import DismissForm
from apps.alerts.models import Finding
from apps.alerts.policy.terms import Rule
from apps.alerts.selectors.findings import Row, picked_findings, rows_for
from apps.alerts.services.dismissing import Done, dismiss_findings, restore_findings
from apps.alerts.views.details import alert_at
from apps.common.access import Provider
from apps.common.decision import Decision
from apps.common.lookup import as_ids
from apps.common.text import counted
from apps.common.web.forms import form_page, picked_ids, sent


@dataclass(frozen=True)
class Pick:
    """A finding that was picked, and whether this may be done with it."""

    finding: Finding
    decision: Decision


@dataclass(frozen=True)
class Picked:
    """What a page is about. Where it may be done with some of them only, it is done with those."""

    rule: Rule
    picks: Sequence[Pick]
    back: str
    form_url: str

    @property
    def ids(self) -> list[UUID]:
        return [pick.finding.pk for pick in self.picks if pick.decision]


@sensitive_post_parameters("code")
@form_page
def dismiss(request: HttpRequest, provider: Provider, rule: str) -> HttpResponse:
    picked = _picked(request, provider, rule, lambda row: row.can_dismiss)
    if not picked.picks:
        return _nothing_picked(request, picked)
    form = DismissForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            said = {"why": form.cleaned_data["why"], "days": form.cleaned_data["days"]}
            actor = actor_of(request, form.second_factor)
            return _answered(
                request,
                picked,
                dismiss_findings(picked.ids, actor=actor, now=request.now, **said),
                "dismissed",
            )
    return _page(request, "dismiss", picked, form)


@sensitive_post_parameters("code")
@form_page
def restore(request: HttpRequest, provider: Provider, rule: str) -> HttpResponse:
    picked = _picked(request, provider, rule, lambda row: row.can_restore)
    if not picked.picks:
        return _nothing_picked(request, picked)
    form = ConfirmForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            actor = actor_of(request, form.second_factor)
            done = restore_findings(picked.ids, actor=actor, now=request.now)
            return _answered(request, picked, done, "open again")
    return _page(request, "restore", picked, form)


# ---- Parts -------------------------------------------------------------------------------------------------


def _picked(
    request: HttpRequest, provider: Provider, rule: str, decides: Callable[[Row], Decision]
) -> Picked:
    """The findings that were picked. Raises `Http404` for what the visitor does not see, `NotAllowed` where
    this may be done with none of them."""
    alert, place = alert_at(request, provider, rule)
    texts = picked_ids(request)
    found = picked_findings(alert, provider, as_ids(texts), request.access)
    if len(found) < len(texts):
        raise Http404
    rows = rows_for(found, actor=actor_of(request), now=request.now)
    picks = [Pick(row.finding, decides(row)) for row in rows]
    if picks and not any(pick.decision for pick in picks):
        picks[0].decision.require()
    back = next_url(request, reverse("alerts:detail", args=[provider, alert.id]) + place.query)
    asked = {"pick": [pick.finding.pk for pick in picks], "next": back}
    return Picked(alert, picks, back, f"{request.path}?{urlencode(asked, doseq=True)}")


def _nothing_picked(request: HttpRequest, picked: Picked) -> HttpResponse:
    messages.info(request, "Pick at least one finding.")
    return redirect(picked.back)


def _answered(request: HttpRequest, picked: Picked, done: Done, how: str) -> HttpResponse:
    """What was done, and what somebody else, or a scan, had done before."""
    if done.findings:
        verb = "is" if len(done.findings) == 1 else "are"
        messages.success(request, f"{counted(len(done.findings), 'finding')} {verb} {how}.")
    if done.overtaken:
        verb = "has" if done.overtaken == 1 else "have"
        text = f"{counted(done.overtaken, 'finding')} {verb} changed meanwhile and {verb} been left alone."
        messages.warning(request, text)
    return redirect(picked.back)


def _page(request: HttpRequest, name: str, picked: Picked, form: ConfirmForm) -> HttpResponse:
    context = {
        "rule": picked.rule,
        "picked": picked,
        "back": picked.back,
        "form": form,
        "form_url": picked.form_url,
        "fresh_until": fresh_until(request),
    }
    return render(request, f"alerts/{name}.html", context, status=form.status)
