"""The clockwork of one worker: twice a second it queues what is due and watches that work gets done."""

from __future__ import annotations

import logging
import os
import threading
import time
from itertools import count

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.portal import heartbeat, pulse, timetable

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
_TICKS_TO_SAY_SO = 20


class Ticker(threading.Thread):
    """Start it after the cluster, which forks. When it stops for whatever reason, so does the process: the
    supervisor clears up and starts another."""

    def __init__(self) -> None:
        super().__init__(name="ticker", daemon=True)

    def run(self) -> None:
        try:
            ticks = count()
            while pulse.seconds_since_beat() < settings.WORKER_SILENCE_SECONDS:
                tick(next(ticks))
                time.sleep(TICK_SECONDS)
            logger.error(
                "No task was done for %d seconds; the worker starts anew", settings.WORKER_SILENCE_SECONDS
            )
        finally:
            os._exit(1)


def tick(number: int) -> None:
    """Queue what is due, and say now and then who is at work. While the database is away, silence is no sign
    of death, nor while nothing lies undone: another machine may take all of it."""
    try:
        timetable.queue_due(settings.PERIODIC_JOBS, now=timezone.now())
        if number % _TICKS_TO_SAY_SO == 0:
            if not timetable.lies_undone(now=timezone.now()):
                pulse.beat()
            heartbeat.say(settings.MACHINE, clock=timezone.now)
    except DatabaseError as error:
        logger.warning("The database does not answer (%s)", type(error).__name__)
        connection.close()
        pulse.beat()
