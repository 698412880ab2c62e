"""The least that a page of ours could be: a bare Django view with four indexed queries (session, person,
fifty rows, a count) and our base template; and the least change, of two rows."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import include, path
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.assignments.models import Assignment
from apps.audit.services import event_of
from apps.audit.vocabulary import AuditAction
from apps.common.access import Access, Grant, Permission, Provider
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice
from apps.portal.nav import menu

ROWS = 50


@cache
def _frame() -> SimpleNamespace:
    """The frame of somebody who sees every entry, worked out once."""
    grants = (Grant(permission, provider, "") for permission in Permission for provider in Provider)
    sections = menu("", {}, access=Access(None, frozenset(grants)), demo=False, place=None)
    return SimpleNamespace(
        organisation="Example Organisation", menu=sections, unread_count=0, active_roles=[]
    )


def floor_list(request: HttpRequest) -> HttpResponse:
    rows = Assignment.objects.select_related("principal", "role", "resource").order_by("pk")[:ROWS]
    context = {
        "frame": _frame(),
        "rows": rows,
        "count": AccessRequest.objects.filter(requester=request.user).count(),
    }
    return render(request, "floor.html", context)


def floor_write(request: HttpRequest) -> HttpResponse:
    """One event and one notice, as every change of the portal leaves at least."""
    now = timezone.now()
    with transaction.atomic():
        event = event_of(AuditAction.ACTIVATION_STARTED, actor=request.user.party, at=now)
        event.save(force_insert=True)
        Notice.objects.create(
            key=f"floor:{event.pk}",
            address=request.user.email,
            recipient_id=request.user.pk,
            event=NoticeEvent.ROLE_ACTIVATED,
            subject="Floor",
            text="Floor",
            created_at=now,
            state=Notice.State.KEPT,
        )
    return redirect("/floor/")


urlpatterns = [
    path("floor/", floor_list),
    path("floor/write/", floor_write),
    path("", include("pimportal.urls")),
]
