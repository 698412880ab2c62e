"""What callers hand over: finished recipients and a finished message."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import TextChoices

from apps.common.zones import zone_named


class NoticeEvent(TextChoices):
    """What a notice tells of; the inbox picks its icon by it."""

    APPROVAL_NEEDED = "approval_needed", "A request waits for you"
    REQUEST_APPROVED = "request_approved", "Request approved"
    REQUEST_DENIED = "request_denied", "Request denied"
    REQUEST_CANCELED = "request_canceled", "Request cancelled"
    REQUEST_TIMED_OUT = "request_timed_out", "Request timed out"
    REQUEST_FAILED = "request_failed", "Request failed"
    ROLE_ACTIVATED = "role_activated", "Role activated"
    ROLE_ENDED = "role_ended", "Role ended"
    ACTIVATION_ENDS = "activation_ends", "Activation ends soon"
    ENDS_SOON = "ends_soon", "Ends soon"
    ROLE_ASSIGNED = "role_assigned", "Role assigned"
    ASSIGNMENT_CHANGED = "assignment_changed", "Assignment changed"
    GROUP_MANAGED = "group_managed", "Group under management"
    JOB_DONE = "job_done", "A job is done"
    SETTINGS_LOOSENED = "settings_loosened", "Role settings loosened"
    ADMIN_RECOVERED = "admin_recovered", "An administrator was recovered"
    REVIEW_OPEN = "review_open", "An access review waits for you"
    REVIEW_COMPLETED = "review_completed", "Access review completed"
    REVIEW_HELD = "review_held", "Access review held"
    ALERT_TRIGGERED = "alert_triggered", "Alert triggered"
    TEST_MAIL = "test_mail", "Test mail"
    ACCOUNT_CHANGED = "account_changed", "Your account changed"
    TEST_WEBHOOK = "test", "Test"
    GRANTED_ONESELF = "granted_oneself", "Granted oneself"
    WEEKLY_DIGEST = "weekly_digest", "Weekly summary"
    DAILY_DIGEST = "daily_digest", "Daily digest"
    AUDIT_CHECKPOINT = "audit_checkpoint", "Checkpoint of the audit log"

    @property
    def in_general(self) -> str:
        """Its label, for whoever it is not addressed to."""
        return str(self.label).removesuffix(" for you")


@dataclass(frozen=True)
class Recipient:
    """One address. `principal_id` puts the notice into that person's inbox too, and finds what they chose;
    their hours of the day are those of `time_zone`."""

    address: str
    name: str = ""
    principal_id: UUID | None = None
    time_zone: str = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        return zone_named(self.time_zone)


@dataclass(frozen=True)
class Button:
    """A link in the mail, by its path below `BASE_URL`. `danger` paints it as the one that refuses.

    `is_signed` makes it a credential (`links`): its secret is added to each mail as it is rendered, and
    stands nowhere else.
    """

    label: str
    path: str
    danger: bool = False
    is_signed: bool = False

    def __post_init__(self) -> None:
        _require_path(self.path)


@dataclass(frozen=True)
class Message:
    """One event in words. `text` is sentences, `facts` label and value pairs; both are plain text.
    `link` is the path of the page the inbox opens, or empty; without `buttons` the mail links there too."""

    event: NoticeEvent
    subject: str
    text: str
    link: str
    facts: tuple[tuple[str, str], ...] = ()
    buttons: tuple[Button, ...] = ()

    def __post_init__(self) -> None:
        if self.link:
            _require_path(self.link)


def _require_path(path: str) -> None:
    """Only a path of this portal: appended to `BASE_URL`, anything else could name another host."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        raise ValueError(f"{path!r} is no path of this portal.")
