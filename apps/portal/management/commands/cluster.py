"""One django-q2 cluster with our clockwork. `serve` and `worker` run it; by itself nobody starts it again."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections
from django.utils import timezone
from django_q.cluster import Cluster
from django_q.signals import post_execute

from apps.portal import heartbeat, pulse, timetable
from apps.portal.ticker import Ticker


class Command(BaseCommand):
    help = "Run background tasks, unsupervised. Use `worker` instead."
    requires_system_checks = ()

    def handle(self, **_: object) -> None:
        timetable.put_in_place(settings.PERIODIC_JOBS, now=timezone.now())
        post_execute.connect(pulse.beat)  # sent when a task has been ticked off
        connections.close_all()  # the cluster forks, and connections do not survive that
        cluster = Cluster()
        cluster.start()
        Ticker().start()
        cluster.sentinel.join()
        with suppress(DatabaseError):  # then its silence says it
            heartbeat.say_goodbye(settings.MACHINE)
        if not cluster.has_stopped:
            raise CommandError("The cluster's guard died.")
