"""The form for more time of a running activation."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from apps.access_requests.asks import Ask
from apps.access_requests.forms.asking import ExtendForm
from apps.access_requests.selectors.my_roles import ActiveRow, recent_reasons
from apps.access_requests.selectors.terms import terms_of
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.access_requests.views.asking import Terms, done, duration, factor, said, steps, who_approves
from apps.access_requests.web import actor_of, running_of
from apps.common.errors import DomainError
from apps.common.web.forms import form_page, sent
from apps.roles.policy.rules import RoleRules


@form_page
def extend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Same rules, approvers and states as activating; the time counts from the decision."""
    row = _running(request, pk)
    row.can_extend.require()
    rules = terms_of(request.user.id, row.assignment.role, row.assignment.parent.resource, now=request.now)
    form = _form(request, Terms((rules,)))
    if form.is_valid():
        try:
            item = submit(_ask(row, form), actor=actor_of(request, form.second_factor), now=request.now)
        except DomainError as error:
            form.add_domain_error(error)
        else:
            return done(request, [item])
    return _page(request, row, rules, form)


def _running(request: HttpRequest, pk: UUID) -> ActiveRow:
    for row in running_of(request).activated:
        if row.assignment.id == pk:
            return row
    raise Http404


def _form(request: HttpRequest, terms: Terms) -> ExtendForm:
    return ExtendForm(
        sent(request),
        request=request,
        factor_required=terms.wants_factor,
        each_time=terms.each_time,
        **duration(terms, None),
    )


def _ask(row: ActiveRow, form: ExtendForm) -> Ask:
    return Ask(
        Action.SELF_ACTIVATE,
        assignment_id=row.assignment.parent_id,
        extends_id=row.assignment.id,
        resource_id=row.assignment.resource_id,
        minutes=form.cleaned_data["minutes"],
        said=said(form),
    )


def _page(request: HttpRequest, row: ActiveRow, rules: RoleRules, form: ExtendForm) -> HttpResponse:
    terms = Terms((rules,))
    found = who_approves(request, [(rules, row.assignment.parent.resource)])
    context = {
        "doing": "Extend activation",
        "heading": f"Extend activation of {row.assignment.role.name}",
        "form": form,
        "assignment": row.assignment,
        "recent_reasons": recent_reasons(request.user),
        "approvers": found.lines,
        "steps": steps(request, terms, found),
        "factor": factor(request, terms),
    }
    return render(request, "access_requests/extend.html", context, status=form.status)
