"""What a Global Administrator does for the installation as a whole, most of it in its first days. Pure."""

from __future__ import annotations

from apps.common.access import DIRECTORY_PATH, Access, Permission, Provider
from apps.common.decision import ALLOWED, Decision, denied

_ONLY = "Only a Global Administrator sets the portal up."


def can_set_up(access: Access) -> Decision:
    """Is the checklist shown, and may its steps be taken?"""
    if access.may(Permission.GLOBAL_ADMINISTRATORS_MANAGE, Provider.DIRECTORY, DIRECTORY_PATH):
        return ALLOWED
    return denied("PermissionRule", _ONLY)


def can_rename_organisation(access: Access, *, is_fixed: bool) -> Decision:
    """`is_fixed`: the environment names it."""
    if not (decision := can_set_up(access)):
        return decision
    if is_fixed:
        return denied("NameRule", "PIM_ORGANISATION sets it: change that, and start the portal again.")
    return ALLOWED


def can_send_mail(access: Access, *, mail_is_kept: bool) -> Decision:
    """A test mail, or again what did not go out?"""
    if not (decision := can_set_up(access)):
        return decision
    if mail_is_kept:
        return denied("MailRule", "There is no mail server: set EMAIL_URL, and start the portal again.")
    return ALLOWED
