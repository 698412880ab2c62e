"""How long things may take, which other times rest on."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from apps.notifications import delivery, mail, tasks
from apps.portal import timetable

TASK = timedelta(seconds=settings.Q_CLUSTER["timeout"])


def test_a_silent_mail_server_leaves_a_worker_for_the_rest():
    """Else its job counts as lost while it hangs, and in the end every worker hangs on that server."""
    assert tasks._AT_MOST + timedelta(seconds=mail.TIMEOUT) < timetable.LEASE


def test_nobody_sends_what_another_worker_may_still_send():
    assert TASK < delivery.LEASE


def test_silence_is_longer_than_a_task():
    assert timedelta(seconds=settings.WORKER_SILENCE_SECONDS) > TASK
