"""What is found while one types into a field for people and groups."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.forms.picker import PrincipalsInput
from apps.accounts.models import Principal
from apps.accounts.pickers import Pickable, find_principals
from apps.common.access import Permission, can_open
from apps.common.decision import Decision
from apps.common.lookup import as_ids

# Whoever administers anything has somebody to pick.
_ADMINISTERING = [permission for permission in Permission if ".manage" in permission.value]


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    _can_pick(request).require()
    name = request.GET.get("name", "")
    kinds = [kind for kind in Principal.Kind if kind in request.GET.getlist("kind")]
    pickable = Pickable(
        frozenset(kinds),
        role_assignable_only="assignable" in request.GET,
        disabled_too="disabled" in request.GET,
    )
    many = request.GET.get("many") == "1"
    typed = PrincipalsInput(pickable, many=many).value_from_datadict(request.GET, {}, name)
    found = find_principals(pickable, typed.q, as_ids(typed.ids))
    context = {"found": found, "name": name, "many": many}
    return render(request, "components/_principals_found.html", context)


def _can_pick(request: HttpRequest) -> Decision:
    held = [permission for permission in _ADMINISTERING if request.access.may_somewhere(permission)]
    return can_open(request.access, held[0] if held else Permission.ASSIGNMENTS_MANAGE)
