"""Settings that take a worker for dead after a few seconds of silence."""

from __future__ import annotations

from pimportal.settings import *  # noqa: F403

WORKER_SILENCE_SECONDS = 8
