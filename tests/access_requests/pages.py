"""What the tests of the pages fill in, and what they read of an answer."""

from __future__ import annotations

from django.contrib.messages import get_messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone

from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.states import Action
from apps.accounts.models import AuthenticatorDevice, User
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.notifications.models import Notice

MARKUP = "<script>alert(1)</script>\nBcc: eve@example.com"


def code_of(user: User) -> str:
    return AuthenticatorDevice.objects.get(user=user).code_at(timezone.now())


def asked(*picks: Assignment, **values: str) -> dict[str, object]:
    """A form to activate, rightly filled in but for `values`."""
    pick = [str(row.pk) for row in picks]
    return {"pick": pick, "duration": "60", "start": "now", "justification": "Calling plan"} | values


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def said(response: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def requests_of(user: User) -> QuerySet[AccessRequest]:
    return AccessRequest.objects.filter(requester=user, action=Action.SELF_ACTIVATE)


def written() -> dict[str, list[tuple]]:
    """All that a page to ask or to decide could change."""
    models = (AccessRequest, Approval, Assignment, AuditEvent, Notice, AuthenticatorDevice)
    return {model.__name__: list(model.objects.order_by("pk").values_list()) for model in models}
