"""The life of a round, and the words of its lines."""

from __future__ import annotations

from django.db.models import TextChoices


class RoundState(TextChoices):
    """The label is what people read; the value is stored (fact sheet, section 8.3, in our words)."""

    NOT_STARTED = "not_started", "Not started"
    STARTING = "starting", "Starting"  # its lines are being written, or handed to the next stage
    IN_PROGRESS = "in_progress", "In progress"
    COMPLETING = "completing", "Completing"  # no more answers; what nobody answered gets its outcome
    COMPLETED = "completed", "Completed"
    APPLYING = "applying", "Applying"
    APPLIED = "applied", "Result applied"
    CANCELED = "canceled", "Cancelled"  # its review was deleted or ended before it began, or was held


class Step(TextChoices):
    """What can happen to a round after it was planned."""

    BEGIN = "begin", "Begun"
    OPEN = "open", "Opened"
    ADVANCE = "advance", "Taken to the next stage"
    CLOSE = "close", "Closed"
    COMPLETE = "complete", "Completed"
    APPLY = "apply", "Applied"
    FINISH = "finish", "Finished"
    CANCEL = "cancel", "Cancelled"


TRANSITIONS: dict[tuple[RoundState, Step], RoundState] = {
    (RoundState.NOT_STARTED, Step.BEGIN): RoundState.STARTING,
    (RoundState.STARTING, Step.OPEN): RoundState.IN_PROGRESS,
    (RoundState.IN_PROGRESS, Step.ADVANCE): RoundState.STARTING,
    (RoundState.IN_PROGRESS, Step.CLOSE): RoundState.COMPLETING,
    (RoundState.COMPLETING, Step.COMPLETE): RoundState.COMPLETED,
    (RoundState.COMPLETED, Step.APPLY): RoundState.APPLYING,
    (RoundState.APPLYING, Step.FINISH): RoundState.APPLIED,
    (RoundState.NOT_STARTED, Step.CANCEL): RoundState.CANCELED,
    (RoundState.STARTING, Step.CANCEL): RoundState.CANCELED,
    (RoundState.IN_PROGRESS, Step.CANCEL): RoundState.CANCELED,
    (RoundState.COMPLETING, Step.CANCEL): RoundState.CANCELED,
    (RoundState.COMPLETED, Step.CANCEL): RoundState.CANCELED,
}

# A worker is busy with these, or soon will be.
UNDER_WAY = (RoundState.STARTING, RoundState.COMPLETING, RoundState.APPLYING)
RUNNING = (RoundState.STARTING, RoundState.IN_PROGRESS)  # one may still stop it
OVER = (RoundState.COMPLETED, RoundState.APPLIED, RoundState.CANCELED)
HAS_RESULTS = (RoundState.COMPLETED, RoundState.APPLYING, RoundState.APPLIED)


class Answer(TextChoices):
    """What was answered on a line, in the stage it is in."""

    NOT_REVIEWED = "not_reviewed", "Not reviewed"
    APPROVE = "approve", "Approve"
    DENY = "deny", "Deny"
    DONT_KNOW = "dont_know", "Don’t know"

    @property
    def past(self) -> str:
        """As lists and results say it."""
        return _PAST.get(self, str(self.label))


_PAST = {Answer.APPROVE: "Approved", Answer.DENY: "Denied"}


class NoAnswer(TextChoices):
    """What becomes of a line that nobody answered."""

    KEEP = "keep", "No change"
    REMOVE = "remove", "Remove access"
    APPROVE = "approve", "Approve access"
    RECOMMENDATION = "recommendation", "Take recommendations"


class Outcome(TextChoices):
    """What applying does with a line."""

    KEEP = "keep", "Keeps access"
    REMOVE = "remove", "Loses access"


class ApplyResult(TextChoices):
    """What came of applying a line (Entra's words); empty where there is nothing to apply."""

    NEW = "new", "To apply"
    APPLIED = "applied", "Applied"
    NOT_FOUND = "not_found", "Was gone already"
    NOT_SUPPORTED = "not_supported", "To do by hand"
    FAILED = "failed", "Failed"


BY_HAND = (ApplyResult.NOT_SUPPORTED, ApplyResult.FAILED)


class Who(TextChoices):
    """Who reviews in a stage."""

    SELECTED = "selected", "Selected people or groups"
    HOLDERS = "holders", "The holders themselves"
    MANAGERS = "managers", "Managers of the holders"
    OWNERS = "owners", "Owners of the resource or group"


class Holders(TextChoices):
    """Whose access is reviewed."""

    ALL = "all", "Everybody"
    GUESTS = "guests", "Guests only"
