"""Mail that waits or was given up, and sending it again."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from apps.access_requests.web import actor_of
from apps.accounts.web import ConfirmForm, fresh_until
from apps.administration.policy.installation import can_send_mail, can_set_up
from apps.administration.selectors.mail import Tab, find_mail, mail_in
from apps.administration.services import mail as services
from apps.common.lookup import as_ids
from apps.common.paging import count_of
from apps.common.text import counted
from apps.common.web.forms import form_page, sent
from apps.notifications.models import Notice, NoticeQuerySet


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    can_set_up(request.access).require()
    tab = Tab.WAITING if request.GET.get("tab") == Tab.WAITING else Tab.GIVEN_UP
    found = find_mail(tab, after=request.GET.get("after", ""))
    context = {
        "tab": tab,
        "tabs": [(each.value, each.label, found.counts[each]) for each in Tab],
        "page": found.page,
        "mail_is_kept": settings.MAIL_IS_KEPT,
        "can_send": can_send_mail(request.access, mail_is_kept=settings.MAIL_IS_KEPT),
    }
    return render(request, "administration/mail.html", context)


@sensitive_post_parameters("code")
@form_page
def send_again(request: HttpRequest) -> HttpResponse:
    """What was picked, or all of a tab, as the address says; for which a second factor is asked."""
    can_send_mail(request.access, mail_is_kept=settings.MAIL_IS_KEPT).require()
    chosen = _chosen(request.GET)
    count = count_of(chosen.failed_before())
    if count == "0":
        messages.info(request, "Nothing of it waits to be sent again.")
        return redirect("administration:mail")
    form = ConfirmForm(sent(request), request=request)
    if form.is_valid():
        with form.taking_refusals():
            actor = actor_of(request, form.second_factor)
            done = services.send_again(notices=chosen, actor=actor, now=request.now)
            messages.success(request, f"{counted(done, 'mail')} on the way again.")
            return redirect("administration:mail")
    context = {"form": form, "count": count, "fresh_until": fresh_until(request)}
    return render(request, "administration/mail_send_again.html", context, status=form.status)


def _chosen(asked: QueryDict) -> NoticeQuerySet:
    if asked.get("all") in Tab:
        return mail_in(Tab(asked["all"]))
    return Notice.objects.filter(pk__in=as_ids(asked.getlist("pick")))
