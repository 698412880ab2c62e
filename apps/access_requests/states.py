"""The life of a request: its actions, states and transitions, from which `apps/README.md` is drawn."""

from __future__ import annotations

from django.db.models import TextChoices


class Action(TextChoices):
    """What can be asked at the door: Entra's nine."""

    ADMIN_ASSIGN = "admin_assign", "Assign"
    ADMIN_UPDATE = "admin_update", "Update"
    ADMIN_REMOVE = "admin_remove", "Remove"
    ADMIN_EXTEND = "admin_extend", "Extend (by an admin)"
    ADMIN_RENEW = "admin_renew", "Renew (by an admin)"
    SELF_ACTIVATE = "self_activate", "Activate"
    SELF_DEACTIVATE = "self_deactivate", "Deactivate"
    SELF_EXTEND = "self_extend", "Extend"
    SELF_RENEW = "self_renew", "Renew"


# They move the end of an assignment, or ask anew for one that has ended.
PROLONGING = (Action.ADMIN_EXTEND, Action.ADMIN_RENEW, Action.SELF_EXTEND, Action.SELF_RENEW)


class Family(TextChoices):
    """What a request is about; one request per family and key can wait at a time."""

    ACTIVATION = "activation", "Activation"
    ELIGIBLE = "eligible", "Eligible assignment"
    ACTIVE = "active", "Active assignment"


class State(TextChoices):
    """What is stored. `policy.state_now` says what it reads as: the clock does not wait for a sweep."""

    PENDING_APPROVAL = "pending_approval", "Waiting for approval"
    PENDING_ADMIN_DECISION = "pending_admin_decision", "Waiting for an admin"
    GRANTED = "granted", "Starts later"
    PROVISIONED = "provisioned", "Granted"
    DENIED = "denied", "Denied"
    CANCELED = "canceled", "Cancelled"
    TIMED_OUT = "timed_out", "Timed out"
    FAILED = "failed", "Failed"
    REVOKED = "revoked", "Removed"


class Step(TextChoices):
    """What can happen to a request after it was sent."""

    GRANT = "grant", "Granted"
    GRANT_LATER = "grant_later", "Granted"
    DENY = "deny", "Denied"
    CANCEL = "cancel", "Cancelled"
    TIME_OUT = "time_out", "Timed out"
    FAIL = "fail", "Refused"
    START = "start", "Started"


WAITING = (State.PENDING_APPROVAL, State.PENDING_ADMIN_DECISION)
OPEN = (*WAITING, State.GRANTED)
# What a request begins as: waiting for an answer, or, where nobody is asked, done.
INITIAL = (*WAITING, State.PROVISIONED, State.REVOKED)
CLOSED = tuple(state for state in State if state not in OPEN)

TRANSITIONS: dict[tuple[State, Step], State] = {
    **{
        (waiting, step): state
        for waiting in WAITING
        for step, state in (
            (Step.GRANT, State.PROVISIONED),
            (Step.GRANT_LATER, State.GRANTED),
            (Step.DENY, State.DENIED),
            (Step.CANCEL, State.CANCELED),
            (Step.TIME_OUT, State.TIMED_OUT),
            (Step.FAIL, State.FAILED),
        )
    },
    (State.GRANTED, Step.START): State.PROVISIONED,
    (State.GRANTED, Step.CANCEL): State.CANCELED,
}
