"""The audit log from the console: verify it, note how far it is, take it along."""

from __future__ import annotations

import os
import signal
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.audit.checkpoints import Checkpoint, checkpoint_of, checkpoints_in
from apps.audit.export import json_lines
from apps.audit.selectors import each_sealed
from apps.audit.streaming import stream_next
from apps.audit.verifying import KEPT, write_down
from apps.audit.vocabulary import CONSOLE
from apps.audit.walking import Walk, compare, conclude, removed, step, walk_since, whole_walk
from apps.common.errors import Invalid

_PROGRESS_EVERY_SECONDS = 5.0
_PAUSE_SECONDS = 0.5  # while nothing new is sealed


class Command(BaseCommand):
    help = "Verify the audit log, print a checkpoint, export it, or stream it to another tool."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        verify = what.add_parser("verify", help="find what was changed, removed, inserted or reordered")
        against = verify.add_mutually_exclusive_group()
        against.add_argument("--checkpoint", type=_checkpoints, default=[], metavar="FILE")
        against.add_argument("--since-checkpoint", type=_checkpoints, default=[], metavar="FILE")
        what.add_parser("checkpoint", help="print where the chain ends, to be kept somewhere else")
        export = what.add_parser("export", help="write sealed events as JSON Lines")
        export.add_argument("--since", type=_day, metavar="YYYY-MM-DD", help="of this day (UTC) and later")
        stream = what.add_parser("stream", help="write events as they are sealed (Elastic Common Schema)")
        stream.add_argument("--name", default="default", help="the reader, who is handed each event once")

    def handle(self, *, what: str, **options: Any) -> None:
        try:
            getattr(self, f"_{what}")(**options)
            self.stdout.flush()
        except BrokenPipeError:  # nobody reads any more; nor should Python try once more when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    # ---- verify ----

    def _verify(self, *, checkpoint: list[Checkpoint], since_checkpoint: list[Checkpoint], **_: Any) -> None:
        self._found, self._kept = 0, []
        started_at = timezone.now()
        newest = max(since_checkpoint, key=lambda one: one.sequence, default=None)
        walk = walk_since(newest) if newest else whole_walk()
        for one in (*checkpoint, *since_checkpoint):
            self._tell(compare(one))
        walk = self._walk(walk)
        self._tell(conclude(walk, now=timezone.now()))
        for sentence in removed():
            self.stdout.write(sentence)
        if not newest:
            now = timezone.now()
            write_down(walk, self._kept, found=self._found, actor=CONSOLE, started_at=started_at, now=now)
        if self._found:
            raise CommandError(f"The log does not verify: {self._found} findings.")
        self.stdout.write(f"The log verifies: {walk.until:,} events.")

    def _walk(self, walk: Walk) -> Walk:
        told = time.monotonic()
        while not walk.is_over:
            walk, findings = step(walk)
            self._tell(findings)
            if time.monotonic() - told > _PROGRESS_EVERY_SECONDS:
                told = time.monotonic()
                self.stderr.write(f"{walk.sequence:,} of {walk.until:,} events …")
        return walk

    def _tell(self, findings: Iterable[object]) -> None:
        for finding in findings:
            self._found += 1
            self._kept = [*self._kept, str(finding)][:KEPT]
            self.stdout.write(str(finding))

    # ---- checkpoint, export ----

    def _checkpoint(self, **_: Any) -> None:
        self.stdout.write(str(checkpoint_of(now=timezone.now())))

    def _export(self, *, since: datetime | None, **_: Any) -> None:
        self.stdout.writelines(json_lines(each_sealed(since)))

    # ---- stream ----

    def _stream(self, *, name: str, **_: Any) -> None:
        """Until a signal; lines that are on their way are finished."""
        self._stopping = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self._stopping:
            if not stream_next(name, self.stdout, now=timezone.now()):
                time.sleep(_PAUSE_SECONDS)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def _checkpoints(path: str) -> list[Checkpoint]:
    try:
        return checkpoints_in(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, Invalid) as error:
        raise ArgumentTypeError(str(error)) from None


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day. Write it as 2026-11-24.") from None
