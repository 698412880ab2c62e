"""The life of a job and of its lines."""

from __future__ import annotations

from django.db.models import TextChoices


class JobState(TextChoices):
    CHECKING = "checking", "Being checked"
    PLANNED = "planned", "Ready to apply"
    RUNNING = "running", "Being applied"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"


class Step(TextChoices):
    """What can happen to a job after it was made."""

    PLAN = "plan", "Planned"
    START = "start", "Started"
    FINISH = "finish", "Finished"
    STOP = "stop", "Stopped"


# A worker is busy with these, or soon will be.
UNDER_WAY = (JobState.CHECKING, JobState.RUNNING)
OVER = (JobState.DONE, JobState.STOPPED)

TRANSITIONS: dict[tuple[JobState, Step], JobState] = {
    (JobState.CHECKING, Step.PLAN): JobState.PLANNED,
    (JobState.CHECKING, Step.STOP): JobState.STOPPED,
    (JobState.PLANNED, Step.START): JobState.RUNNING,
    (JobState.PLANNED, Step.STOP): JobState.STOPPED,
    (JobState.RUNNING, Step.FINISH): JobState.DONE,
    (JobState.RUNNING, Step.STOP): JobState.STOPPED,
}


class Verdict(TextChoices):
    """What applying a line would do."""

    NEW = "new", "New"
    CHANGED = "changed", "Changed"
    ENDED = "ended", "Ended"
    WAITS = "waits", "Waits"  # asked for, and somebody else decides
    SAME = "same", "Same"
    WRONG = "wrong", "Wrong"


class LineState(TextChoices):
    UNCHECKED = "unchecked", "Not checked yet"
    WAITING = "waiting", "To apply"
    LEFT = "left", "Left as it is"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


# Of these nothing is applied.
NOTHING_TO_DO = (Verdict.SAME, Verdict.WRONG)
