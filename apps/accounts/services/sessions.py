"""Commands that end sessions. Ended is deleted: the store brings no session back whose row is gone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Session, User
from apps.accounts.sessions import SessionQuerySet
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party


def end_session(*, user: User, session_id: UUID, now: datetime) -> bool:
    """Sign the person out of one session, by its public id. Whether it was theirs, and still lasted."""
    session = Session.objects.filter(user=user, public_id=session_id)
    return bool(_end(session, user, actor=user.party, now=now))


def end_other_sessions(*, user: User, keep: str | None, now: datetime) -> int:
    """Sign the person out everywhere but in the session with the key `keep`, and say how many that ended.

    For `keep` see `web.keep_this_session`.
    """
    others = Session.objects.filter(user=user).exclude(pk=keep)
    return _end(others, user, actor=user.party, now=now)


def end_all_sessions(*, user: User, actor: Party, now: datetime) -> int:
    """Sign the person out everywhere, because of what somebody else changed."""
    return _end(Session.objects.filter(user=user), user, actor=actor, now=now)


@transaction.atomic
def _end(sessions: SessionQuerySet, user: User, *, actor: Party, now: datetime) -> int:
    """Those that no longer count go too, without a word."""
    ended = list(sessions.lasting(now).order_by("signed_in_at", "pk").values_list("browser", flat=True))
    sessions.delete()
    if ended:
        details = {"sessions": str(len(ended)), "browsers": ", ".join(ended)}
        record(AuditAction.SESSIONS_ENDED, actor=actor, at=now, target=user.party, details=details)
    return len(ended)
