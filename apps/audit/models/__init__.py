"""The tables of the audit log."""

from apps.audit.models.events import NAME_LIMIT, AuditEvent, AuditEventQuerySet

__all__ = ["NAME_LIMIT", "AuditEvent", "AuditEventQuerySet"]
