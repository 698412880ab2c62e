"""Discovery and insights: from standing access to eligible, step by step."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.alerts.selectors.discovery import Step, counts_of, lines_of
from apps.common.access import Permission, can_open

_LEADS = {
    Step.GLOBAL_ADMINISTRATORS: (
        "They can do everything. Keep two that are always active, for emergencies; make the others eligible: "
        "they activate the role when they need it."
    ),
    Step.STANDING: (
        "These privileged roles are active day and night. Who is eligible instead has the same role within a "
        "minute, and only for as long as it is needed."
    ),
    Step.UNUSED: (
        "Nobody has activated these privileged roles in 30 days. What nobody uses helps only whoever takes "
        "over the account."
    ),
}
_NOTHING = {
    Step.GLOBAL_ADMINISTRATORS: "Nobody is always active as Global Administrator, as far as you may see.",
    Step.STANDING: "No other privileged role is permanently active, as far as you may see.",
    Step.UNUSED: "Each privileged role was activated in the last 30 days by whoever is eligible for it.",
}


@require_safe
def discovery(request: HttpRequest, step: str = Step.GLOBAL_ADMINISTRATORS) -> HttpResponse:
    can_open(request.access, Permission.ALERTS_READ).require()
    if step not in Step.values:
        raise Http404
    step = Step(step)
    lines, page = lines_of(step, request.access, now=request.now, after=request.GET.get("after", ""))
    counts = counts_of(request.access, now=request.now)
    context = {
        "step": step,
        "lead": _LEADS[step],
        "nothing": _NOTHING[step],
        "steps": [(number, each, counts[each]) for number, each in enumerate(Step, 1)],
        "lines": lines,
        "page": page,
    }
    return render(request, "alerts/discovery.html", context)
