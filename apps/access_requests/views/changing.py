"""Changing assignments that there are: update, extend, renew, make eligible or active, remove. One or many
at once, with a preview of what happens to each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from apps.access_requests.asks import Ask, Said
from apps.access_requests.forms.assigning import (
    PERMANENT,
    ExtendAssignmentsForm,
    FirstEnd,
    PeriodForm,
    ReasonForm,
    RenewForm,
    UpdateForm,
)
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.changing import Change, Limits, limiting
from apps.access_requests.policy.prolonging import asked_end
from apps.access_requests.selectors.assignments import Line, assignments_to_change
from apps.access_requests.services.answering import Answer
from apps.access_requests.services.door import submit_many
from apps.access_requests.services.previewing import blocked, preview_each
from apps.access_requests.states import WAITING, Action
from apps.access_requests.web import actor_of
from apps.accounts.policy import zone_of
from apps.accounts.web import fresh_until, next_url
from apps.assignments.models import Assignment
from apps.common.access import Provider
from apps.common.lookup import as_ids
from apps.common.text import counted
from apps.common.web.forms import form_page, picked_ids, sent
from apps.roles.selectors import rules_for_many
from apps.roles.web import stand_in

_FORMS: dict[Change, type[ReasonForm]] = {
    Change.UPDATE: UpdateForm,
    Change.EXTEND: ExtendAssignmentsForm,
    Change.RENEW: RenewForm,
    Change.MAKE_ELIGIBLE: PeriodForm,
    Change.MAKE_ACTIVE: PeriodForm,
    Change.REMOVE: ReasonForm,
}
_ACTIONS = {
    Change.UPDATE: Action.ADMIN_UPDATE,
    Change.EXTEND: Action.ADMIN_EXTEND,
    Change.RENEW: Action.ADMIN_RENEW,
    Change.MAKE_ELIGIBLE: Action.ADMIN_UPDATE,
    Change.MAKE_ACTIVE: Action.ADMIN_UPDATE,
    Change.REMOVE: Action.ADMIN_REMOVE,
}
_KINDS = {Change.MAKE_ELIGIBLE: Assignment.Kind.ELIGIBLE, Change.MAKE_ACTIVE: Assignment.Kind.ACTIVE}


@form_page
def change_assignments(request: HttpRequest, change: str) -> HttpResponse:
    """GET shows what would happen to each picked row, POST does it: one reason, one second factor."""
    change = _change(change)
    lines = _picked(request)
    if not lines:
        messages.info(request, "Pick at least one assignment.")
        return redirect(next_url(request, "access_requests:my_roles"))
    stand_in(request, Provider(lines[0].item.resource.provider))
    _refuse_if_none(change, lines)
    form = _form(request, change, lines)
    if not form.is_valid() or "preview" in request.POST:
        return _page(request, change, form, lines, status=form.status)
    answers = submit_many(
        [_ask(change, line, form.cleaned_data) for line in lines],
        actor=actor_of(request, form.second_factor),
        now=request.now,
    )
    return _answered(request, change, form, lines, answers)


def _change(value: str) -> Change:
    if value not in Change.values:
        raise Http404
    return Change(value)


def _picked(request: HttpRequest) -> list[Line]:
    """The picked rows, by name. Raises `Http404` for what the visitor does not see."""
    texts = picked_ids(request)
    found = assignments_to_change(as_ids(texts), request.access, now=request.now)
    if len(found) < len(texts):
        raise Http404
    return found


def _refuse_if_none(change: Change, lines: list[Line]) -> None:
    """Raise `NotAllowed` where not one of the rows takes this change."""
    decisions = [line.can(change) for line in lines]
    if not any(decisions):
        decisions[0].require()


def _form(request: HttpRequest, change: Change, lines: list[Line], *, again: bool = False) -> ReasonForm:
    """The form as it was sent; with `again` anew, for what was refused, with the reason that was given."""
    kind_of_form = _FORMS[change]
    data = None if again else sent(request)
    initial = {"justification": request.POST.get("justification", "")} if again else {}
    if not issubclass(kind_of_form, PeriodForm):
        return kind_of_form(data, request=request, initial=initial)
    return kind_of_form(
        data,
        request=request,
        initial=initial,
        limits=_limits(lines),
        tz=zone_of(request.user),
        now=request.now,
        first_end=_first_end(change, lines, request.now),
        kind=_kind(change, lines),
    )


def _first_end(change: Change, lines: list[Line], now: datetime) -> FirstEnd:
    """What the form proposes: the end that there is; to extend by, as long again."""
    item = lines[0].item
    if len(lines) > 1 or change not in (Change.UPDATE, Change.EXTEND):
        return None
    if change == Change.UPDATE:
        return item.ends_at or PERMANENT
    rules = rules_for_many([(item.role, item.resource)])[item.role_id, item.resource_id]
    return asked_end(item.period, rules, Assignment.Kind(item.kind), now=now)


def _kind(change: Change, lines: list[Line]) -> Assignment.Kind:
    """Of a list of eligible and active ones together the stricter limits show, those of active ones."""
    if change in _KINDS:
        return _KINDS[change]
    kinds = {line.item.kind for line in lines}
    return Assignment.Kind.ELIGIBLE if kinds == {Assignment.Kind.ELIGIBLE} else Assignment.Kind.ACTIVE


def _limits(lines: Iterable[Line]) -> Limits:
    items = [line.item for line in lines]
    rules = rules_for_many((item.role, item.resource) for item in items)
    return Limits.of(limiting(rules[item.role_id, item.resource_id], item.resource.group) for item in items)


def _ask(change: Change, line: Line, data: Mapping[str, Any]) -> Ask:
    kind = data["kind"] if change == Change.RENEW else _KINDS.get(change, Assignment.Kind(line.item.kind))
    return Ask(
        _ACTIONS[change],
        assignment_id=line.item.id,
        kind=kind,
        starts_at=data.get("starts_at"),
        ends_at=data.get("ends_at"),
        said=Said(data["justification"]),
    )


def _answered(
    request: HttpRequest,
    change: Change,
    form: ReasonForm,
    lines: list[Line],
    answers: list[Answer[Ask]],
) -> HttpResponse:
    refused = [line for line, answer in zip(lines, answers, strict=True) if answer.error]
    done = [(line, answer.request) for line, answer in zip(lines, answers, strict=True) if answer.request]
    for text in _in_few_words(change, done):
        messages.success(request, text)
    if not refused:
        return redirect(next_url(request, "access_requests:my_roles"))
    if len(lines) == 1:
        form.add_domain_error(answers[0].error)
        return _page(request, change, form, lines, status=409)
    for line, answer in zip(lines, answers, strict=True):
        if answer.error is not None:
            messages.warning(request, f"{_row_in_words(line)}: {answer.error}")
    return _page(request, change, _form(request, change, refused, again=True), refused, status=409)


def _in_few_words(change: Change, done: list[tuple[Line, AccessRequest]]) -> list[str]:
    """What happened to each of a few, or to how many."""
    by_word = defaultdict(list)
    for line, item in done:
        by_word["Waits for another administrator" if item.state in WAITING else change.past].append(line)
    return [
        f"{word}: {_row_in_words(lines[0]) if len(lines) == 1 else counted(len(lines), 'assignment')}."
        for word, lines in by_word.items()
    ]


def _row_in_words(line: Line) -> str:
    return f"{line.item.principal.name}, {line.item.role.name} on {line.item.resource.name}"


def _page(
    request: HttpRequest, change: Change, form: ReasonForm, lines: list[Line], *, status: int
) -> HttpResponse:
    data = form.cleaned_data if form.is_bound and form.is_valid() else form.proposal()
    asks = [_ask(change, line, data) for line in lines]
    previews = preview_each(lines, asks, actor=actor_of(request, form.second_factor), now=request.now)
    context = {
        "change": change,
        "title": change.of(len(previews)),
        "form": form,
        "previews": previews,
        "blocked": blocked(previews) if change == Change.REMOVE else None,
        "back": next_url(request, "access_requests:my_roles"),
        "form_url": _form_url(request, change, lines),
        "fresh_until": fresh_until(request),
    }
    return render(request, "access_requests/change_assignments.html", context, status=status)


def _form_url(request: HttpRequest, change: Change, lines: list[Line]) -> str:
    """Where this form is shown anew, also after it was sent."""
    asked = {"pick": [line.item.id for line in lines], "next": next_url(request, "access_requests:my_roles")}
    address = reverse("access_requests:change_assignments", args=[change.value])
    return f"{address}?{urlencode(asked, doseq=True)}"
