"""The inbox: the notices of the person who is signed in."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.common.web.forms import form_page, sent
from apps.notifications import selectors, services
from apps.notifications.forms import MarkAllReadForm, PreferencesForm
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice

# Icon and colour of each event, as the state badges of requests have them.
_LOOKS = {
    NoticeEvent.APPROVAL_NEEDED: ("hourglass-split", "t-warn"),
    NoticeEvent.REQUEST_APPROVED: ("check-circle-fill", "t-ok"),
    NoticeEvent.REQUEST_DENIED: ("x-circle-fill", "t-bad"),
    NoticeEvent.REQUEST_CANCELED: ("slash-circle", "soft"),
    NoticeEvent.REQUEST_TIMED_OUT: ("clock-history", "soft"),
    NoticeEvent.REQUEST_FAILED: ("exclamation-octagon-fill", "t-bad"),
    NoticeEvent.ROLE_ACTIVATED: ("lightning-charge-fill", "t-ok"),
    NoticeEvent.ROLE_ENDED: ("stop-circle", "soft"),
    NoticeEvent.ACTIVATION_ENDS: ("hourglass-split", "t-warn"),
    NoticeEvent.ENDS_SOON: ("hourglass-split", "t-warn"),
    NoticeEvent.WEEKLY_DIGEST: ("bar-chart", "soft"),
    NoticeEvent.ROLE_ASSIGNED: ("person-badge", "soft"),
    NoticeEvent.ASSIGNMENT_CHANGED: ("calendar-plus", "soft"),
    NoticeEvent.GROUP_MANAGED: ("people", "soft"),
    NoticeEvent.JOB_DONE: ("file-earmark-check", "t-ok"),
    NoticeEvent.SETTINGS_LOOSENED: ("unlock", "t-warn"),
    NoticeEvent.ADMIN_RECOVERED: ("shield-exclamation", "t-warn"),
    NoticeEvent.REVIEW_OPEN: ("clipboard-check", "t-warn"),
    NoticeEvent.REVIEW_COMPLETED: ("clipboard-check", "t-ok"),
    NoticeEvent.REVIEW_HELD: ("exclamation-triangle-fill", "t-warn"),
    NoticeEvent.ALERT_TRIGGERED: ("exclamation-triangle-fill", "t-warn"),
    NoticeEvent.TEST_MAIL: ("envelope-check", "t-ok"),
    NoticeEvent.ACCOUNT_CHANGED: ("shield-lock", "t-warn"),
    NoticeEvent.TEST_WEBHOOK: ("broadcast", "t-ok"),
    NoticeEvent.GRANTED_ONESELF: ("person-exclamation", "t-warn"),
    NoticeEvent.DAILY_DIGEST: ("collection", "soft"),
    NoticeEvent.AUDIT_CHECKPOINT: ("link-45deg", "soft"),
}


@dataclass(frozen=True)
class InboxRow:
    notice: Notice
    icon: str
    colour: str


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    page = selectors.inbox(request.user.pk, after=request.GET.get("after", ""))
    rows = [InboxRow(notice, *_LOOKS[NoticeEvent(notice.event)]) for notice in page.rows]
    unread = selectors.unread(request.user.pk).count()
    return render(request, "notifications/inbox.html", {"rows": rows, "page": page, "unread": unread})


@form_page
def preferences(request: HttpRequest) -> HttpResponse:
    """What the person who is signed in also gets by mail, and when."""
    form = PreferencesForm(sent(request), chosen=selectors.preferences(request.user.pk))
    if form.is_valid():
        person, zone = request.user, request.user.recipient.zone
        services.change_preferences(
            principal_id=person.pk, wanted=form.columns, zone=zone, actor=person.party, now=request.now
        )
        messages.success(request, "Your notice settings are saved.")
        return redirect("notifications:inbox")
    return render(request, "notifications/preferences.html", {"form": form}, status=form.status)


@require_POST
def open_notice(request: HttpRequest, pk: str) -> HttpResponse:
    """Mark as read and go where the notice leads; the page itself changes nothing when it is looked at."""
    notice = get_object_or_404(Notice.objects.inbox_of(request.user.pk), pk=pk)
    services.mark_read(notice=notice, now=request.now)
    return redirect(notice.link or "notifications:inbox")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    form = MarkAllReadForm(request.POST)
    if form.is_valid():
        until = form.cleaned_data["until"]
        services.mark_all_read(principal_id=request.user.pk, until=until, now=request.now)
    return redirect("notifications:inbox")
