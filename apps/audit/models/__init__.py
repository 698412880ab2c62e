"""The tables of the audit log."""

from apps.audit.models.cursors import Cursor
from apps.audit.models.events import NAME_LIMIT, AuditEvent, AuditEventQuerySet
from apps.audit.models.seals import THE_ONE, AuditSeal, Chain, Stub, Unsealed
from apps.audit.models.verifications import Verification

__all__ = [
    "NAME_LIMIT",
    "THE_ONE",
    "AuditEvent",
    "AuditEventQuerySet",
    "AuditSeal",
    "Chain",
    "Cursor",
    "Stub",
    "Unsealed",
    "Verification",
]
