"""The page of one person."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_safe

from apps.access_requests.web import ways_to_assign
from apps.accounts.models import User
from apps.administration.policy.people import can_see_people, decisions_on
from apps.administration.selectors.activity import activity_of
from apps.administration.selectors.person import page_about
from apps.common.access import Permission, can_open


@require_safe
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = visible_person(request, pk)
    about = page_about(user, reader=request.user, access=request.access, now=request.now)
    context = {
        "person": user,
        "about": about,
        "activity": activity_of(user, request.access, zone=get_current_timezone(), now=request.now),
        "power": about.facts.power,
        "sources": about.facts.power.seen_by(request.access),
        "can_revoke": can_open(request.access, Permission.ASSIGNMENTS_MANAGE),
        "ways": ways_to_assign(request, user) if user.is_enabled else [],
        "may": decisions_on(request.access, about.facts),
    }
    return render(request, "administration/person.html", context)


def visible_person(request: HttpRequest, pk: UUID) -> User:
    """The person, for whoever may see people."""
    can_see_people(request.access).require()
    return get_object_or_404(User.objects.select_related("manager"), pk=pk)
