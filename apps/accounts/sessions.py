"""Sessions: Django's store in a table of ours, which also says whose each is and where it is used."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import OperationalError, models

# What a session's data says about itself, so that the columns of its row follow from the data with each save.
PUBLIC_ID, SIGNED_IN, SEEN = "public_id", "signed_in_at", "seen_at"
BROWSER, NETWORK = "browser", "network"


class SessionQuerySet(models.QuerySet["Session"]):
    def lasting(self, now: datetime) -> SessionQuerySet:
        """Those that still count, as `policy.session_lasts` has it: used lately, and not too old."""
        return self.filter(
            seen_at__gt=now - timedelta(seconds=settings.SESSION_IDLE_AGE),
            signed_in_at__gt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE),
        )


class Session(AbstractBaseSession):
    """One row of the store. Its key is a credential and stands in no page; `public_id` does."""

    public_id = models.UUIDField(null=True, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="sessions"
    )
    signed_in_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    browser = models.CharField(max_length=64, blank=True)
    network = models.CharField(max_length=64, blank=True)

    objects: ClassVar = BaseSessionManager.from_queryset(SessionQuerySet)()

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore


class SessionStore(db.SessionStore):
    """`settings.SESSION_ENGINE` names this module. A session that was ended never comes back: neither a save
    nor a new key writes a row that is gone."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = super().create_model_instance(data)
        session.public_id = _parsed(uuid.UUID, data, PUBLIC_ID)
        session.user_id = _parsed(uuid.UUID, data, SESSION_KEY)
        session.signed_in_at = _parsed(datetime.fromisoformat, data, SIGNED_IN)
        session.seen_at = _parsed(datetime.fromisoformat, data, SEEN)
        session.browser, session.network = data.get(BROWSER, ""), data.get(NETWORK, "")
        return session

    def save(self, must_create: bool = False) -> None:
        """Django takes whatever the database answers for a session that was ended. A database that is locked,
        full or away signs nobody out."""
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from None
            raise

    def cycle_key(self) -> None:
        """Django's writes a second row and removes the first; should that be gone by then, because somebody
        signed out everywhere else, it would be back under the new key. Ours moves the row or fails."""
        self._get_session()  # of a row that is gone nothing is read, nor is its key kept
        if self.session_key is None:
            self.create()
            return
        key = self._get_new_session_key()
        if not Session.objects.filter(pk=self.session_key).update(session_key=key):
            raise SessionInterrupted("The session was ended before it got a new key.")
        self._session_key = key
        self.modified = True


def _parsed(parse: Any, data: dict[str, Any], name: str) -> Any:
    return parse(data[name]) if name in data else None
