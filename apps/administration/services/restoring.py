"""What a database that was brought back from a backup must not go on with.

It believes that it is the day of the backup. What the clock ends is over by itself; but sessions, links and
codes that were ended or used since work again, and mail that has gone out since waits to go out.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.links import AccountLink
from apps.accounts.one_time_codes import OneTimeCode
from apps.accounts.sessions import Session
from apps.audit.models import AuditEvent
from apps.audit.services import record
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.notifications.services import give_up_waiting

MAY_HAVE_GONE_OUT = "It waited when the backup was made, and may have gone out since."


@transaction.atomic
def settle_restored(*, now: datetime) -> dict[str, int | str]:
    """On the console, before anything is started: everybody signs in anew, links and enrolment codes that
    were sent are void, and what waited to be mailed is given up, from where it can be sent again. Answers how
    many of each, and when the last thing happened that is still known. Recovery codes stay: without them
    somebody might be locked out."""
    last = AuditEvent.objects.order_by("-at", "-id").values_list("at", flat=True).first()
    links = AccountLink.objects.filter(used_at=None).delete()[0]
    codes = OneTimeCode.objects.filter(purpose=OneTimeCode.Purpose.ENROLMENT, used_at=None).delete()[0]
    settled: dict[str, int | str] = {
        "sessions": Session.objects.all().delete()[0],
        "links": links + codes,
        "mails": give_up_waiting(MAY_HAVE_GONE_OUT, now=now),
        "known_until": last.isoformat(timespec="seconds") if last else "",
    }
    record(AuditAction.INSTALLATION_RESTORED, actor=CONSOLE, at=now, details=settled)
    return settled
