"""No gaps: each event is told somewhere and has its icon, and each mail that Entra sends is one."""

import ast
from pathlib import Path

from django.conf import settings

from apps.common.templatetags.portal import icon
from apps.notifications.messages import NoticeEvent
from apps.notifications.views import _LOOKS

# The mails that Entra sends (fact sheet, section 6.1), and the events that are them here.
ENTRA = {
    "activation waits for approval": {"APPROVAL_NEEDED"},
    "approval resolved": {"REQUEST_APPROVED", "REQUEST_DENIED", "REQUEST_FAILED"},
    "activation completed": {"ROLE_ACTIVATED"},
    "activation denied or expired": {"REQUEST_DENIED", "REQUEST_TIMED_OUT", "REQUEST_CANCELED"},
    "assigned as eligible": {"ROLE_ASSIGNED"},
    "assigned as active": {"ROLE_ASSIGNED"},
    "assignment updated": {"ASSIGNMENT_CHANGED"},
    "ends in 14 days": {"ENDS_SOON"},
    "ends in 1 day": {"ENDS_SOON"},
    "ended": {"ROLE_ENDED"},
    "extension or renewal asked for": {"APPROVAL_NEEDED"},
    "extension or renewal resolved": {"REQUEST_APPROVED", "REQUEST_DENIED", "REQUEST_FAILED"},
    "an admin extended on their own": {"ASSIGNMENT_CHANGED"},
    "assigned outside": {"ALERT_TRIGGERED"},
    "enabled": {"GROUP_MANAGED"},
    "weekly digest": {"WEEKLY_DIGEST"},
    "review started, or reminder": {"REVIEW_OPEN"},
    "review completed": {"REVIEW_COMPLETED"},
    "alert triggered": {"ALERT_TRIGGERED"},
}
# Those that Entra does not send.
OURS = {
    "ACTIVATION_ENDS",
    "JOB_DONE",
    "SETTINGS_LOOSENED",
    "ADMIN_RECOVERED",
    "REVIEW_HELD",
    "AUDIT_CHECKPOINT",
    "TEST_MAIL",
    "TEST_WEBHOOK",
    "ACCOUNT_CHANGED",
    "GRANTED_ONESELF",
    "DAILY_DIGEST",
}
# They name events for other reasons than to tell of them.
_ABOUT_EVENTS = {"messages.py", "policy.py", "views.py"}


def test_is_one_of_entra_s_or_one_of_ours():
    assert len(ENTRA) == 19
    assert set().union(*ENTRA.values()) | OURS == set(NoticeEvent.__members__)
    assert not set().union(*ENTRA.values()) & OURS


def test_is_told_somewhere():
    sources = [
        path
        for path in Path(settings.BASE_DIR, "apps").rglob("*.py")
        if not (path.parent.name == "notifications" and path.name in _ABOUT_EVENTS)
    ]
    told = {name for path in sources for name in _events_in(path.read_text())}

    assert set(NoticeEvent.__members__) - told == set()


def test_has_an_icon_in_the_inbox():
    assert {event: bool(icon(shape)) for event, (shape, _) in _LOOKS.items()} == dict.fromkeys(
        NoticeEvent, True
    )


def _events_in(source):
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id="NoticeEvent"), attr=name):
                yield name
