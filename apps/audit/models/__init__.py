"""The tables of the audit log."""

from apps.audit.models.events import NAME_LIMIT, AuditEvent, AuditEventQuerySet
from apps.audit.models.seals import THE_ONE, AuditSeal, Chain, Stub, Unsealed

__all__ = [
    "NAME_LIMIT",
    "THE_ONE",
    "AuditEvent",
    "AuditEventQuerySet",
    "AuditSeal",
    "Chain",
    "Stub",
    "Unsealed",
]
