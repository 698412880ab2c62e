"""Whom to tell of what happened to a request, and in which words. Texts are in each reader's time zone."""

from apps.access_requests.notices.activations import (
    ask_approvers,
    tell_closed,
    tell_decided,
    tell_granted,
    tell_started,
)
from apps.access_requests.notices.assignments import (
    ask_admins,
    tell_admin_decided,
    tell_assigned,
    tell_holder,
    warn_of_own_grant,
)
from apps.access_requests.notices.many import tell_admins_of_many
from apps.access_requests.notices.revoking import tell_disabled, tell_revoked

__all__ = [
    "ask_admins",
    "ask_approvers",
    "tell_admin_decided",
    "tell_admins_of_many",
    "tell_assigned",
    "tell_closed",
    "tell_decided",
    "tell_disabled",
    "tell_granted",
    "tell_holder",
    "tell_revoked",
    "tell_started",
    "warn_of_own_grant",
]
