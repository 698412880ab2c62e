"""The words of the audit log: which events there are, and how each reads as a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices


class AuditAction(TextChoices):
    """`subject.verb`, the verb in the past. The label is the event's name in lists and exports."""

    SIGNED_IN = "session.started", "Signed in"
    SIGN_IN_REFUSED = "session.refused", "Sign-in refused"
    SIGNED_OUT = "session.ended", "Signed out"
    FACTOR_VERIFIED = "factor.verified", "Second factor confirmed"
    FACTOR_REFUSED = "factor.refused", "Second factor refused"
    FACTOR_ENROLLED = "factor.enrolled", "Second factor added"
    PERSON_CREATED = "person.created", "Person created"
    GROUP_CREATED = "group.created", "Group created"
    RESOURCE_CREATED = "resource.created", "Resource created"
    SETTINGS_CHANGED = "settings.changed", "Role settings changed"
    REQUEST_SUBMITTED = "request.submitted", "Request sent"
    REQUEST_APPROVED = "request.approved", "Request approved"
    REQUEST_DENIED = "request.denied", "Request denied"
    REQUEST_CANCELED = "request.canceled", "Request cancelled"
    REQUEST_TIMED_OUT = "request.timed_out", "Request timed out"
    REQUEST_FAILED = "request.failed", "Request failed"
    ASSIGNMENT_ADDED = "assignment.added", "Role assigned"
    ASSIGNMENT_CHANGED = "assignment.changed", "Assignment changed"
    ASSIGNMENT_ENDED = "assignment.ended", "Assignment ended"
    ACTIVATION_ADDED = "activation.added", "Role activated"
    ACTIVATION_EXTENDED = "activation.extended", "Activation extended"
    ACTIVATION_ENDED = "activation.ended", "Activation ended"


class Outcome(TextChoices):
    SUCCESS = "success", "Success"
    FAILURE = "failure", "Failure"


@dataclass(frozen=True)
class Party:
    """Somebody or something an event names. `kind` is a word such as "user", "group", "console", "clock"."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True)
class Place:
    """The resource an event happened on. An event without one carries the directory's."""

    provider: str
    path: str
    name: str


CLOCK = Party("clock", "", "The clock")
CONSOLE = Party("console", "", "Console")
NOBODY = Party("", "", "")
NOWHERE = Place("directory", "", "")
