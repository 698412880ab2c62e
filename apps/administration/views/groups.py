"""The list of groups, one group with its people, and the pages that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.access_requests.asks import Ask, Said
from apps.access_requests.selectors.power import power_of
from apps.access_requests.services.answering import Answer
from apps.access_requests.services.door import submit, submit_many
from apps.access_requests.services.exporting import COLUMNS
from apps.access_requests.states import Action
from apps.access_requests.web import actor_of, say_given, ways_to_assign
from apps.accounts.models import Group, Principal
from apps.accounts.web import ConfirmForm, fresh_until
from apps.administration.forms.groups import AddPeopleForm, GroupForm, NewGroupForm, ReasonForm
from apps.administration.group_file import group_lines
from apps.administration.policy.groups import can_change, can_create, can_create_such, can_release, can_retire
from apps.administration.policy.keeping import Keeper
from apps.administration.policy.people import can_see_people
from apps.administration.selectors.groups import (
    Part,
    Search,
    Tab,
    bound_by,
    find_groups,
    group_detail,
    held_by,
    in_the_way,
    inside,
    people_of,
    review_seats_of,
    rules_of,
    seats_of,
    visible_groups,
)
from apps.administration.selectors.keepers import keeper_of
from apps.administration.services.groups import (
    change_group,
    create_group,
    export_groups,
    export_part,
    manage_group,
    release_group,
    retire_group,
)
from apps.assignments.models import Assignment
from apps.common.access import Permission, Provider, can_open
from apps.common.csv import csv_lines
from apps.common.errors import Conflict
from apps.common.lookup import as_id
from apps.common.web.files import csv_file
from apps.common.web.forms import form_page, sent
from apps.common.web.searching import words_in
from apps.roles.web import place_on

_SEE = Permission.ASSIGNMENTS_READ


@require_safe
def group_list(request: HttpRequest) -> HttpResponse:
    place_on(request, Provider.GROUPS, None, _SEE)
    search = _search(request.GET)
    found = find_groups(request.access, search, after=request.GET.get("after", ""), now=request.now)
    context = {
        "search": search,
        "found": found,
        "page": found.page,
        "tabs": [(tab.value, tab.label, found.counts[tab]) for tab in Tab],
        "can_create": can_create(_keeper(request)),
    }
    return render(request, "administration/groups.html", context)


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The list as a file; a POST, as it writes down who took it."""
    found = export_groups(_search(request.POST), actor=actor_of(request), now=request.now)
    return csv_file(group_lines(found), name="groups", now=request.now)


@require_safe
def group(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _visible(request, pk)
    part = _part(request.GET)
    detail = group_detail(row, request.access, now=request.now)
    context = {
        "detail": detail,
        "group": row,
        "part": part,
        "chosen": {"show": part},
        "parts": [(part.value, part.label, detail.counts[part]) for part in Part],
        "can_change": can_change(_keeper(request), detail.power, path=row.resource.path),
        "can_release": can_release(bound_by(row, now=request.now)),
        "can_retire": can_retire(in_the_way(row, now=request.now)),
        "links_people": can_see_people(request.access),
        "can_assign": can_open(request.access, Permission.ASSIGNMENTS_MANAGE),
        "ways": ways_to_assign(request, row),
        **_listed(request, row, part),
    }
    return render(request, "administration/group.html", context)


@require_POST
def export_shown(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The part of the group's page that is shown, as a file."""
    row, part = _visible(request, pk), _part(request.POST)
    rows = export_part(row, part, actor=actor_of(request), now=request.now)
    return csv_file(csv_lines(COLUMNS, rows), name=f"group-{part}", now=request.now)


@form_page
def create(request: HttpRequest) -> HttpResponse:
    place_on(request, Provider.GROUPS, None, _SEE)
    keeper = _keeper(request)
    can_create(keeper).require()
    may_hold_roles = can_create_such(keeper, is_role_assignable=True)
    form = NewGroupForm(sent(request), request=request, may_hold_roles=may_hold_roles)
    if form.is_valid():
        with form.taking_refusals():
            row = create_group(**form.facts, actor=actor_of(request, form.second_factor), now=request.now)
            messages.success(request, f"{row.name} is there. Add its owners and members.")
            return redirect("administration:group", row.pk)
    return _form_page(request, "group_create", form)


@form_page
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _changeable(request, pk)
    initial = {"name": row.name, "description": row.description}
    form = GroupForm(sent(request), request=request, initial=initial)
    if form.is_valid():
        with form.taking_refusals():
            change_group(row.pk, **form.facts, actor=actor_of(request, form.second_factor), now=request.now)
            messages.success(request, "Saved.")
            return redirect("administration:group", row.pk)
    return _form_page(request, "group_change", form, group=row)


@form_page
def manage(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _changeable(request, pk)
    return _confirm(request, row, "group_manage", manage_group, "is under management")


@form_page
def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _changeable(request, pk)
    can_release(bound_by(row, now=request.now)).require()
    return _confirm(request, row, "group_release", release_group, "is no longer under management")


@form_page
def retire(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _changeable(request, pk)
    can_retire(in_the_way(row, now=request.now)).require()
    return _confirm(request, row, "group_retire", retire_group, "is retired")


@form_page
def add_people(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Each is a request of their own at the door. Whom it refuses is offered again, with the reason."""
    row = _changeable(request, pk)
    form = _people_form(request, row, sent(request))
    if form.is_valid():
        actor = actor_of(request, form.second_factor)
        answers = submit_many(_asks(request, row, form), actor=actor, now=request.now)
        refused = [answer for answer in answers if answer.error]
        say_given(request, answers)
        if not refused:
            return redirect("administration:group", row.pk)
        form = _with_refused(request, row, refused)
        return _form_page(request, "group_add", form, status=409, group=row)
    return _form_page(request, "group_add", form, group=row)


@form_page
def remove(request: HttpRequest, pk: UUID, row_pk: UUID) -> HttpResponse:
    """End one membership or ownership, assigned or eligible, with everything activated from it."""
    group = _changeable(request, pk)
    rows = Assignment.objects.not_ended(request.now).filter(origin=Assignment.Origin.ASSIGNED)
    row = get_object_or_404(rows.with_names(), pk=row_pk, resource=group.resource)
    form = ReasonForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            said = Said(justification=form.cleaned_data["justification"])
            ask = Ask(Action.ADMIN_REMOVE, assignment_id=row.pk, said=said)
            submit(ask, actor=actor_of(request, form.second_factor), now=request.now)
            messages.success(request, f"{row.principal.name} is no longer in {group.name}.")
            return redirect("administration:group", group.pk)
    return _form_page(request, "group_remove", form, group=group, row=row)


# ---- Parts -------------------------------------------------------------------------------------------------


def _search(asked: QueryDict) -> Search:
    """What the address, or the form, asks for. A tab that there is not is none."""
    tab = asked.get("tab", "")
    return Search(
        tab=Tab(tab) if tab in Tab.values else Tab.ALL,
        q=words_in(asked),
    )


def _part(asked: QueryDict) -> Part:
    chosen = asked.get("show", "")
    return Part(chosen) if chosen in Part.values else Part.MEMBERS


def _listed(request: HttpRequest, row: Group, part: Part) -> dict[str, Any]:
    """What stands in the part of the page that is shown."""
    after = request.GET.get("after", "")
    if part == Part.HOLDS:
        page = held_by(row, request.access, after=after, now=request.now)
        if not page.is_first:
            return {"page": page}
        seats, reviews = seats_of(row, request.access), review_seats_of(row, request.access)
        return {"page": page, "seats": seats, "review_seats": reviews}
    opened = as_id(request.GET.get("inside", ""))
    nested = get_object_or_404(visible_groups(request.access), pk=opened) if opened else None
    return {
        "page": people_of(row, part, after=after, now=request.now),
        "nested": nested,
        "inside": inside(nested.pk, now=request.now) if nested else [],
    }


def _confirm(
    request: HttpRequest, row: Group, page: str, command: Callable[..., Group], said: str
) -> HttpResponse:
    form = ConfirmForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            command(row.pk, actor=actor_of(request, form.second_factor), now=request.now)
            messages.success(request, f"{row.name} {said}.")
            return redirect("administration:group", row.pk)
    return _form_page(request, page, form, group=row)


def _asks(request: HttpRequest, row: Group, form: AddPeopleForm) -> Iterable[Ask]:
    ends_at = request.now + timedelta(days=form.days) if form.days else None
    said = Said(justification=form.cleaned_data["justification"])
    for principal in form.cleaned_data["people"]:
        yield Ask(
            Action.ADMIN_ASSIGN,
            principal_id=principal.pk,
            role_id=UUID(form.cleaned_data["role"]),
            resource_id=row.resource.pk,
            kind=form.kind,
            ends_at=ends_at,
            said=said,
        )


def _people_form(request: HttpRequest, row: Group, data: QueryDict | None) -> AddPeopleForm:
    role = request.GET.get("as", "")
    return AddPeopleForm(
        data,
        request=request,
        rules=rules_of(row),
        is_managed=row.is_managed,
        holds_groups=not row.is_role_assignable,
        initial={"role": role} if role else {},
    )


def _with_refused(request: HttpRequest, row: Group, refused: list[Answer[Ask]]) -> AddPeopleForm:
    """The same form with those alone who were refused, and why."""
    data = request.POST.copy()
    data.setlist("people", [str(answer.asked.principal_id) for answer in refused])
    form = _people_form(request, row, data)
    names = Principal.objects.in_bulk([answer.asked.principal_id for answer in refused])
    for answer in refused:
        form.add_error(None, f"{names[answer.asked.principal_id].name}: {answer.error}")
    return form


def _form_page(
    request: HttpRequest, name: str, form: ConfirmForm, *, status: int | None = None, **more: Any
) -> HttpResponse:
    context = {"form": form, "fresh_until": fresh_until(request), **more}
    return render(request, f"administration/{name}.html", context, status=status or form.status)


def _visible(request: HttpRequest, pk: UUID) -> Group:
    """The group, for whoever sees who is in it."""
    row = get_object_or_404(Group.objects.select_related("resource"), pk=pk)
    place_on(request, Provider.GROUPS, row.resource.pk, _SEE)
    return row


def _changeable(request: HttpRequest, pk: UUID) -> Group:
    row = _visible(request, pk)
    if row.retired_at is not None:
        raise Conflict(f"{row.name} has been retired.")
    can_change(_keeper(request), power_of(row.pk, now=request.now), path=row.resource.path).require()
    return row


def _keeper(request: HttpRequest) -> Keeper:
    return keeper_of(actor_of(request), now=request.now)
