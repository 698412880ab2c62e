"""The words of the audit log: which events there are, and how each reads as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import TextChoices

from apps.common.access import DIRECTORY_PATH, Provider

if TYPE_CHECKING:
    from apps.audit.models import AuditEvent


class AuditAction(TextChoices):
    """`subject.verb`, the verb in the past. The label is the event's name in lists and exports."""

    SIGNED_IN = "session.started", "Signed in"
    SIGN_IN_REFUSED = "session.refused", "Sign-in refused"
    SIGNED_OUT = "session.ended", "Signed out"
    SESSIONS_ENDED = "session.ended_elsewhere", "Signed out elsewhere"
    FACTOR_VERIFIED = "factor.verified", "Second factor confirmed"
    FACTOR_REFUSED = "factor.refused", "Second factor refused"
    FACTOR_ENROLLED = "factor.enrolled", "Second factor added"
    FACTOR_REMOVED = "factor.removed", "Second factor deleted"
    ENROLMENT_CODE_ISSUED = "enrolment_code.issued", "Enrolment code made"
    ENROLMENT_CODE_USED = "enrolment_code.used", "Enrolment code used"
    RECOVERY_CODES_MADE = "recovery_codes.made", "Recovery codes made"
    RECOVERY_CODE_USED = "recovery_code.used", "Recovery code used"
    FACTORS_RESET = "factors.reset", "Second factor reset"
    LINK_SENT = "account_link.sent", "Account link sent"
    LINK_USED = "account_link.used", "Account link used"
    ADMIN_RECOVERED = "admin.recovered", "Administrator recovered"
    PASSWORD_CHANGED = "password.changed", "Password changed"
    PASSWORD_REFUSED = "password.refused", "Password refused"
    PERSON_CREATED = "person.created", "Person created"
    PERSON_CHANGED = "person.changed", "Person changed"
    EMAIL_CHANGED = "person.email_changed", "E-mail address changed"
    PERSON_DISABLED = "person.disabled", "Person disabled"
    PERSON_ENABLED = "person.enabled", "Person enabled"
    TIME_ZONE_CHANGED = "person.time_zone_changed", "Time zone changed"
    NOTICE_SETTINGS_CHANGED = "person.notice_settings_changed", "Notice settings changed"
    GROUP_CREATED = "group.created", "Group created"
    GROUP_CHANGED = "group.changed", "Group changed"
    GROUP_MANAGED = "group.managed", "Group put under management"
    GROUP_RELEASED = "group.released", "Group taken out of management"
    GROUP_RETIRED = "group.retired", "Group retired"
    RESOURCE_CREATED = "resource.created", "Resource created"
    RESOURCE_RENAMED = "resource.renamed", "Resource renamed"
    RESOURCE_MOVED_AWAY = "resource.moved_away", "Resource moved away"
    RESOURCE_MOVED_HERE = "resource.moved_here", "Resource moved here"
    RESOURCE_RETIRED = "resource.retired", "Resource retired"
    GROUPS_EXPORTED = "groups.exported", "Groups exported"
    ROLE_CREATED = "role.created", "Role created"
    ROLE_CHANGED = "role.changed", "Role changed"
    ROLE_RETIRED = "role.retired", "Role retired"
    ROLE_DELETED = "role.deleted", "Role deleted"
    RESOURCES_EXPORTED = "resources.exported", "Resources exported"
    ROLES_EXPORTED = "roles.exported", "Roles exported"
    SETTINGS_CHANGED = "settings.changed", "Role settings changed"
    SETTINGS_EXPORTED = "settings.exported", "Role settings exported"
    REQUEST_SUBMITTED = "request.submitted", "Request sent"
    REQUEST_APPROVED = "request.approved", "Request approved"
    REQUEST_DENIED = "request.denied", "Request denied"
    REQUEST_CANCELED = "request.canceled", "Request cancelled"
    REQUEST_TIMED_OUT = "request.timed_out", "Request timed out"
    REQUEST_FAILED = "request.failed", "Request failed"
    REQUESTS_EXPORTED = "requests.exported", "Requests exported"
    GRANTED_ONESELF = "request.granted_oneself", "Granted oneself"
    ASSIGNMENT_ADDED = "assignment.added", "Role assigned"
    ASSIGNMENT_CHANGED = "assignment.changed", "Assignment changed"
    ASSIGNMENT_ENDED = "assignment.ended", "Assignment ended"
    ASSIGNMENTS_EXPORTED = "assignments.exported", "Assignments exported"
    ACTIVATION_ADDED = "activation.added", "Role activated"
    ACTIVATION_STARTED = "activation.started", "Activation started"
    ACTIVATION_EXTENDED = "activation.extended", "Activation extended"
    ACTIVATION_ENDED = "activation.ended", "Activation ended"
    JOB_STARTED = "job.started", "Job started"
    JOB_FINISHED = "job.finished", "Job finished"
    JOB_STOPPED = "job.stopped", "Job stopped"
    REVIEW_CREATED = "review.created", "Access review created"
    REVIEW_CHANGED = "review.changed", "Access review changed"
    REVIEW_ENDED = "review.ended", "Access review ended"
    REVIEW_DELETED = "review.deleted", "Access review deleted"
    REVIEW_RESTORED = "review.restored", "Access review restored"
    REVIEW_HELD = "review.held", "Access review held"
    REVIEW_TAKEN_OVER = "review.taken_over", "Access review taken over"
    ROUND_STARTED = "review_round.started", "Review round started"
    ROUND_CHANGED = "review_round.changed", "Review round changed"
    ROUND_ADVANCED = "review_round.advanced", "Review round in its next stage"
    ROUND_STOPPED = "review_round.stopped", "Review round stopped"
    STAGE_STOPPED = "review_round.stage_stopped", "Review stage stopped"
    ROUND_RESET = "review_round.reset", "Review round reset"
    ROUND_REMINDED = "review_round.reminded", "Reviewers reminded"
    ROUND_COMPLETED = "review_round.completed", "Review round completed"
    APPLYING_STARTED = "review_round.applying_started", "Applying of review results started"
    ROUND_APPLIED = "review_round.applied", "Review results applied"
    LINE_DECIDED = "review_line.decided", "Access reviewed"
    LINE_HANDLED = "review_line.handled", "Denied access removed by hand"
    REVIEWS_EXPORTED = "reviews.exported", "Review results exported"
    REVIEW_HISTORY_EXPORTED = "review_history.exported", "Review history exported"
    EVIDENCE_EXPORTED = "review_evidence.exported", "Review evidence exported"
    ALERT_TRIGGERED = "alert.triggered", "Alert triggered"
    ALERT_RESOLVED = "alert.resolved", "Alert resolved"
    ALERTS_SCANNED = "alerts.scanned", "Alerts scanned"
    ALERT_SETTINGS_CHANGED = "alert_settings.changed", "Alert settings changed"
    FINDING_DISMISSED = "alert_finding.dismissed", "Finding dismissed"
    FINDING_RESTORED = "alert_finding.restored", "Dismissal taken back"
    PEOPLE_EXPORTED = "people.exported", "Users exported"
    REPORT_EXPORTED = "access_report.exported", "Access report exported"
    AUDIT_EXPORTED = "audit.exported", "Audit log exported"
    AUDIT_VERIFIED = "audit.verified", "Audit log verified"
    AUDIT_TRIMMED = "audit.trimmed", "Old audit events removed"
    INSTALLATION_SET_UP = "installation.set_up", "Portal set up"
    INSTALLATION_RESTORED = "installation.restored", "Portal restored from a backup"
    ORGANISATION_RENAMED = "organisation.renamed", "Organisation renamed"
    INSTALLATION_CONFIRMED = "installation.confirmed", "Set-up step confirmed"
    MAIL_SENT_AGAIN = "mail.sent_again", "Mail sent again"
    WEBHOOK_ADDED = "webhook.added", "Webhook added"
    WEBHOOK_CHANGED = "webhook.changed", "Webhook changed"
    WEBHOOK_SECRET_MADE = "webhook.secret_made", "Webhook secret made"
    WEBHOOK_PAUSED = "webhook.paused", "Webhook paused"
    WEBHOOK_RESUMED = "webhook.resumed", "Webhook resumed"
    WEBHOOK_DELETED = "webhook.deleted", "Webhook deleted"
    WEBHOOK_TESTED = "webhook.tested", "Webhook tested"
    WEBHOOK_SENT_AGAIN = "webhook.sent_again", "Webhook told again"


class Outcome(TextChoices):
    SUCCESS = "success", "Success"
    FAILURE = "failure", "Failure"


REVIEW = "review"  # the kind of an access review that acts


@dataclass(frozen=True)
class Party:
    """Somebody or something an event names. `kind` is a word such as "user", "group", "console", "clock",
    "review"."""

    kind: str
    id: str
    name: str

    @property
    def called(self) -> str:
        """Its name as people read it. An access review is called one: it may be named like anybody."""
        return f"Access review {self.name}" if self.kind == REVIEW else self.name

    @property
    def is_group(self) -> bool:
        return self.kind == "group"


@dataclass(frozen=True)
class Place:
    """The resource an event happened on. An event without one carries the directory's."""

    provider: str
    path: str
    name: str


CLOCK = Party("clock", "", "The clock")
CONSOLE = Party("console", "", "Console")
NOBODY = Party("", "", "")
NOWHERE = Place(Provider.DIRECTORY, DIRECTORY_PATH, "")


# Each may name {actor}, {target}, {role} and {place}.
SENTENCES: dict[str, str] = {
    AuditAction.SIGNED_IN: "{actor} signed in.",
    AuditAction.SIGN_IN_REFUSED: "A sign-in as {target} was refused.",
    AuditAction.SIGNED_OUT: "{actor} signed out.",
    AuditAction.SESSIONS_ENDED: "{actor} signed {target} out elsewhere.",
    AuditAction.FACTOR_VERIFIED: "{actor} confirmed their second factor.",
    AuditAction.FACTOR_REFUSED: "A second-factor code of {actor} was refused.",
    AuditAction.FACTOR_ENROLLED: "{actor} added a second factor for {target}.",
    AuditAction.FACTOR_REMOVED: "{actor} deleted a second factor for {target}.",
    AuditAction.ENROLMENT_CODE_ISSUED: "{actor} made an enrolment code for {target}.",
    AuditAction.ENROLMENT_CODE_USED: "{actor} used an enrolment code.",
    AuditAction.RECOVERY_CODES_MADE: "{actor} made recovery codes for {target}.",
    AuditAction.RECOVERY_CODE_USED: "{actor} used a recovery code.",
    AuditAction.FACTORS_RESET: "{actor} reset the second factor of {target}.",
    AuditAction.LINK_SENT: "{actor} sent a link to the address of {target}.",
    AuditAction.LINK_USED: "{actor} used the link that was sent to them.",
    AuditAction.ADMIN_RECOVERED: "{actor} made a link for {target} to set password and second factor anew.",
    AuditAction.PASSWORD_CHANGED: "{actor} set a new password for {target}.",
    AuditAction.PASSWORD_REFUSED: "A new password for {target} was refused.",
    AuditAction.PERSON_CREATED: "{actor} created the account of {target}.",
    AuditAction.PERSON_CHANGED: "{actor} changed the account of {target}.",
    AuditAction.EMAIL_CHANGED: "{actor} changed the e-mail address of {target}.",
    AuditAction.PERSON_DISABLED: "{actor} disabled the account of {target}.",
    AuditAction.PERSON_ENABLED: "{actor} enabled the account of {target}.",
    AuditAction.TIME_ZONE_CHANGED: "{actor} changed the time zone of {target}.",
    AuditAction.NOTICE_SETTINGS_CHANGED: "{actor} changed which notices they get by mail, and when.",
    AuditAction.GROUP_CREATED: "{actor} created the group {target}.",
    AuditAction.GROUP_CHANGED: "{actor} changed the name or the description of the group {target}.",
    AuditAction.GROUP_MANAGED: "{actor} put the group {target} under management.",
    AuditAction.GROUP_RELEASED: "{actor} took the group {target} out of management.",
    AuditAction.GROUP_RETIRED: "{actor} retired the group {target}.",
    AuditAction.RESOURCE_CREATED: "{actor} created the resource {place}.",
    AuditAction.RESOURCE_RENAMED: "{actor} renamed the resource {target} to {place}.",
    AuditAction.RESOURCE_MOVED_AWAY: "{actor} moved the resource {place} away from {target}.",
    AuditAction.RESOURCE_MOVED_HERE: "{actor} moved the resource {place} to {target}.",
    AuditAction.RESOURCE_RETIRED: "{actor} retired the resource {place}.",
    AuditAction.GROUPS_EXPORTED: "{actor} exported the list of groups.",
    AuditAction.ROLE_CREATED: "{actor} created the role {role}.",
    AuditAction.ROLE_CHANGED: "{actor} changed the role {role}.",
    AuditAction.ROLE_RETIRED: "{actor} retired the role {role}.",
    AuditAction.ROLE_DELETED: "{actor} deleted the role {role}.",
    AuditAction.RESOURCES_EXPORTED: "{actor} exported the list of resources.",
    AuditAction.ROLES_EXPORTED: "{actor} exported the list of roles.",
    AuditAction.SETTINGS_CHANGED: "{actor} changed the settings of {role} on {place}.",
    AuditAction.SETTINGS_EXPORTED: "{actor} exported role settings.",
    AuditAction.REQUEST_SUBMITTED: "{actor} asked for {role} on {place} for {target}.",
    AuditAction.REQUEST_APPROVED: "{actor} approved a request for {role} on {place} for {target}.",
    AuditAction.REQUEST_DENIED: "{actor} denied a request for {role} on {place} for {target}.",
    AuditAction.REQUEST_CANCELED: "{actor} cancelled a request for {role} on {place} for {target}.",
    AuditAction.REQUEST_TIMED_OUT: "Nobody decided in time on a request for {role} on {place} for {target}.",
    AuditAction.REQUEST_FAILED: "A request for {role} on {place} for {target} failed.",
    AuditAction.REQUESTS_EXPORTED: "{actor} exported a list of requests.",
    AuditAction.GRANTED_ONESELF: "{actor} gave themself {role} on {place}; nobody else could decide.",
    AuditAction.ASSIGNMENT_ADDED: "{actor} assigned {role} on {place} to {target}.",
    AuditAction.ASSIGNMENT_CHANGED: "{actor} changed the period of {role} on {place} for {target}.",
    AuditAction.ASSIGNMENT_ENDED: "{actor} ended the assignment of {role} on {place} to {target}.",
    AuditAction.ASSIGNMENTS_EXPORTED: "{actor} exported the assignments of {place}.",
    AuditAction.ACTIVATION_ADDED: "{actor} activated {role} on {place} for {target}.",
    AuditAction.ACTIVATION_STARTED: "{actor} started the activation of {role} on {place} for {target}.",
    AuditAction.ACTIVATION_EXTENDED: "{actor} extended the activation of {role} on {place} for {target}.",
    AuditAction.ACTIVATION_ENDED: "{actor} ended the activation of {role} on {place} for {target}.",
    AuditAction.JOB_STARTED: "{actor} started the job {target}.",
    AuditAction.JOB_FINISHED: "The job {target} of {actor} is done.",
    AuditAction.JOB_STOPPED: "{actor} stopped the job {target}.",
    AuditAction.REVIEW_CREATED: "{actor} created the access review {target}.",
    AuditAction.REVIEW_CHANGED: "{actor} changed the access review {target}.",
    AuditAction.REVIEW_ENDED: "{actor} ended the access review {target}; no further round starts.",
    AuditAction.REVIEW_DELETED: "{actor} deleted the access review {target}.",
    AuditAction.REVIEW_RESTORED: "{actor} restored the access review {target}.",
    AuditAction.REVIEW_HELD: "The access review {target} is held: its owner may no longer do what it does.",
    AuditAction.REVIEW_TAKEN_OVER: "{actor} took over the access review {target}.",
    AuditAction.ROUND_STARTED: "A round of the access review {target} started.",
    AuditAction.ROUND_CHANGED: "{actor} changed the running round of the access review {target}.",
    AuditAction.ROUND_ADVANCED: "The access review {target} came to its next stage.",
    AuditAction.ROUND_STOPPED: "{actor} stopped the running round of the access review {target}.",
    AuditAction.STAGE_STOPPED: "{actor} stopped the current stage of the access review {target}.",
    AuditAction.ROUND_RESET: "{actor} took back all that was decided in the access review {target}.",
    AuditAction.ROUND_REMINDED: "{actor} reminded the reviewers of {target}.",
    AuditAction.ROUND_COMPLETED: "A round of the access review {target} was completed.",
    AuditAction.APPLYING_STARTED: "{actor} started to apply the results of the access review {target}.",
    AuditAction.ROUND_APPLIED: "{actor} applied its results.",
    AuditAction.LINE_DECIDED: "{actor} reviewed {role} on {place} of {target}: {answer}.",
    AuditAction.LINE_HANDLED: "{actor} noted that {role} on {place} was taken from {target} by hand.",
    AuditAction.REVIEWS_EXPORTED: "{actor} exported results of the access review {target}.",
    AuditAction.REVIEW_HISTORY_EXPORTED: "{actor} exported the history of access reviews.",
    AuditAction.EVIDENCE_EXPORTED: "{actor} exported the evidence of the access review {target}.",
    AuditAction.ALERT_TRIGGERED: "The alert “{target}” was triggered on {place}.",
    AuditAction.ALERT_RESOLVED: "The alert “{target}” no longer finds anything on {place}.",
    AuditAction.ALERTS_SCANNED: "{actor} had alerts looked at again.",
    AuditAction.ALERT_SETTINGS_CHANGED: "{actor} changed the settings of the alert “{target}” on {place}.",
    AuditAction.FINDING_DISMISSED: "{actor} dismissed a finding of the alert “{target}” on {place}.",
    AuditAction.FINDING_RESTORED: "{actor} took back that a finding of “{target}” on {place} is dismissed.",
    AuditAction.PEOPLE_EXPORTED: "{actor} exported the list of users.",
    AuditAction.REPORT_EXPORTED: "{actor} exported a report of who held what.",
    AuditAction.AUDIT_EXPORTED: "{actor} exported the audit log.",
    AuditAction.AUDIT_VERIFIED: "{actor} verified the audit log.",
    AuditAction.AUDIT_TRIMMED: "{actor} removed audit events that are older than the portal keeps them.",
    AuditAction.INSTALLATION_SET_UP: "{actor} set the portal up for {target}.",
    AuditAction.INSTALLATION_RESTORED: "{actor} brought the portal back from a backup.",
    AuditAction.ORGANISATION_RENAMED: "{actor} renamed the organisation to {target}.",
    AuditAction.INSTALLATION_CONFIRMED: "{actor} confirmed that backups are made.",
    AuditAction.MAIL_SENT_AGAIN: "{actor} had mail sent again that had not gone out.",
    AuditAction.WEBHOOK_ADDED: "{actor} added the webhook {target}.",
    AuditAction.WEBHOOK_CHANGED: "{actor} changed the webhook {target}.",
    AuditAction.WEBHOOK_SECRET_MADE: "{actor} made a new secret for the webhook {target}.",
    AuditAction.WEBHOOK_PAUSED: "{actor} paused the webhook {target}.",
    AuditAction.WEBHOOK_RESUMED: "{actor} resumed the webhook {target}.",
    AuditAction.WEBHOOK_DELETED: "{actor} deleted the webhook {target}.",
    AuditAction.WEBHOOK_TESTED: "{actor} sent a test to the webhook {target}.",
    AuditAction.WEBHOOK_SENT_AGAIN: "{actor} sent something again to the webhook {target}.",
}


# What a reviewer can say of a line, by how it stands in the details.
_ANSWERS = {"approve": "approved", "deny": "denied", "dont_know": "does not know"}


def sentence(event: AuditEvent) -> str:
    """The event as a sentence for people. Whoever did something for themself is named once."""
    text = SENTENCES[event.action]
    is_own = bool(event.actor_id) and event.actor_id == event.target_id
    return (text.replace(" for {target}.", ".") if is_own else text).format(
        actor=Party(event.actor_kind, event.actor_id, event.actor_name).called,
        target="themself" if is_own else event.target_name,
        role=event.role,
        place=event.resource_name or "the directory",
        answer=_ANSWERS.get(event.details.get("answer", ""), "no answer"),
    )
