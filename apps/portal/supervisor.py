"""Runs several programs as one: starts them, starts them again when they end, and leaves nothing behind."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

from django.conf import settings

from apps.portal import lifeline

logger = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 30
_STEADY_AFTER_SECONDS = 60


@dataclass
class Program:
    """One program to keep running. `files` are open descriptors it inherits, such as a listening socket."""

    name: str
    command: list[str]
    files: tuple[int, ...] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _pause: float = field(default=0, init=False)
    _started: float = field(default=0, init=False)
    _due: float = field(default=0, init=False)

    @property
    def leader(self) -> int | None:
        """The id of the running process and of its group, or None while there is none."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """In a session of its own, so that the terminal's Ctrl-C reaches the supervisor alone."""
        self._started = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603
            self.command,
            stdin=subprocess.DEVNULL,
            pass_fds=self.files,
            cwd=settings.BASE_DIR,
            start_new_session=True,
        )

    def has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def is_due(self) -> bool:
        return self._process is None and time.monotonic() >= self._due

    def rest(self) -> None:
        """After an end: wait 1, 2, 4, … seconds before the next start, as long as it keeps ending early."""
        now = time.monotonic()
        early = now - self._started < _STEADY_AFTER_SECONDS
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS) if early and self._pause else 1
        self._due = now + self._pause
        logger.error("%s ended (%s); starting it again", self.name, self._process.returncode)
        self._process = None


@dataclass
class Supervisor:
    """`run` returns, with everything ended, on a signal or when `attached_to` is no longer the parent."""

    programs: list[Program]
    attached_to: int | None = None
    _stopping: bool = field(default=False, init=False)

    def run(self) -> None:
        self._listen_to_signals()
        self._hold_lifeline()
        while not self._is_over():
            self._look_after_programs()
            time.sleep(_LOOK_EVERY_SECONDS)
        self._end_programs()

    def _listen_to_signals(self) -> None:
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup it stays ignored
            signal.signal(signal.SIGHUP, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _is_over(self) -> bool:
        return self._stopping or (self.attached_to is not None and os.getppid() != self.attached_to)

    def _look_after_programs(self) -> None:
        if self._lifeline.poll() is not None:
            self._hold_lifeline()
        for program in self.programs:
            if program.has_ended():
                self._clear_up(program)
            elif program.is_due():
                program.start()
                self._tell_lifeline(f"+{program.leader}")

    def _clear_up(self, program: Program) -> None:
        """What it has left behind goes too: a leader killed from outside leaves its children working."""
        leader = program.leader
        lifeline.kill_group(leader)
        program.rest()
        self._tell_lifeline(f"-{leader}")

    def _end_programs(self) -> None:
        leaders = self._leaders()
        lifeline.end_groups(leaders)
        for leader in leaders:
            self._tell_lifeline(f"-{leader}")
        self._lifeline.stdin.close()
        self._lifeline.wait()

    def _leaders(self) -> list[int]:
        return [program.leader for program in self.programs if program.leader is not None]

    def _hold_lifeline(self) -> None:
        """Start the program that ends everything should this process be killed (`apps.portal.lifeline`)."""
        self._lifeline = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", lifeline.__file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        for leader in self._leaders():
            self._tell_lifeline(f"+{leader}")

    def _tell_lifeline(self, line: str) -> None:
        try:
            os.write(self._lifeline.stdin.fileno(), f"{line}\n".encode())
        except BrokenPipeError:
            logger.warning("The lifeline ended; the next look starts another")
