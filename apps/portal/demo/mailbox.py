"""Demo only: every mail as it would be sent. Needs no sign-in, as a mail program needs none."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from apps.notifications import selectors
from apps.notifications.mail import compose, render_html
from apps.notifications.models import Notice

# A mail has inline styles and nothing else: no script, no form, no request. Its links leave the frame.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-top-navigation-by-user-activation"
)


@login_not_required
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    page = selectors.mailbox(after=request.GET.get("after", ""))
    return render(request, "portal/demo_mailbox.html", {"page": page, "layout": _layout(request)})


@login_not_required
@require_safe
def mail(request: HttpRequest, pk: str) -> HttpResponse:
    notice = get_object_or_404(Notice, pk=pk)
    context = {"notice": notice, "message": compose(notice), "layout": _layout(request)}
    return render(request, "portal/demo_mail.html", context)


@login_not_required
@require_safe
@xframe_options_sameorigin
def mail_html(_request: HttpRequest, pk: str) -> HttpResponse:
    """The HTML part alone, for the frame in the page of the mail."""
    html = render_html(get_object_or_404(Notice, pk=pk))
    html = html.replace("<head>", '<head><base target="_top">', 1)
    return HttpResponse(html, headers={"Content-Security-Policy": _MAIL_POLICY})


def _layout(request: HttpRequest) -> str:
    """The frame with menu and inbox belongs to somebody; signed out there is none."""
    return "base.html" if request.user.is_authenticated else "portal/demo_plain.html"
