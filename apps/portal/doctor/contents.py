"""What lies in the portal and needs somebody: mail that does not go out, roles that nobody could approve, the
audit log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from apps.alerts.policy.catalogue import NO_REACHABLE_APPROVER
from apps.alerts.policy.terms import Found
from apps.alerts.scans import look
from apps.alerts.selectors.settings import settings_of
from apps.audit.models import Verification
from apps.common.instants import day
from apps.common.spans import roughly
from apps.common.text import counted
from apps.notifications.models import Notice
from apps.portal.doctor.findings import Finding, note

LATELY = timedelta(days=1)
VERIFIED_EVERY = timedelta(days=31)
_MAIL_PAGE = "Installation > Mail says why each was, and sends it again."


def mail_findings(*, now: datetime) -> Iterator[Finding]:
    """Of mail that was tried. That nobody tries is said of the worker."""
    tried = Notice.objects.failed_before().filter(failed_at__isnull=True).order_by("created_at").first()
    if tried:
        yield of_waiting(tried, now=now)
    given_up = Notice.objects.given_up()
    yield from of_given_up(given_up.filter(failed_at__gt=now - LATELY).count(), given_up.count())


def of_waiting(notice: Notice, *, now: datetime) -> Finding:
    return Finding(
        f"A mail has not gone out for {roughly(now - notice.created_at)}. {notice.trouble}",
        "It is tried again for a day; Installation > Mail lists what waits.",
    )


def of_given_up(lately: int, ever: int) -> Iterator[Finding]:
    if lately:
        yield Finding(f"{counted(lately, 'mail')} given up since yesterday.", _MAIL_PAGE)
    elif ever:
        yield note(f"{counted(ever, 'mail')} given up before yesterday.", _MAIL_PAGE)


def approver_findings(*, now: datetime) -> Iterator[Finding]:
    """What the alert of that name finds now, where it is on."""
    rule = NO_REACHABLE_APPROVER
    yield from of_stranded(look(rule, settings_of(rule), now=now))


def of_stranded(found: Iterable[Found]) -> Iterator[Finding]:
    for each in found:
        yield Finding(each.text, NO_REACHABLE_APPROVER.mend)


def audit_findings(*, now: datetime) -> Iterator[Finding]:
    """What the last verification found; it is not done here."""
    yield from of_verification(Verification.objects.exclude(finished_at=None).first(), now=now)


def of_verification(last: Verification | None, *, now: datetime) -> Iterator[Finding]:
    if last and last.found:
        yield Finding(
            f"It was changed: {counted(last.found, 'finding')} on {day(last.started_at, UTC)}.",
            "docs/audit.md says what to do.",
        )
    if last is None or now - last.started_at > VERIFIED_EVERY:
        when = f"since {day(last.started_at, UTC)}" if last else "yet"
        yield note(f"Nobody has verified the audit log {when}.", "Run manage.py audit verify.")
