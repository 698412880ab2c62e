"""May an admin give or take this role? Limits of the role settings, of groups, and of the last admin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from apps.access_requests.policy.activation import MINIMUM_MINUTES
from apps.access_requests.policy.factor import second_factor_refusal
from apps.access_requests.policy.power import Power, can_change_group
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.assignments.models import Assignment
from apps.common.access import Access, Permission, Provider, can_open
from apps.common.decision import ALLOWED, Decision, Refusal, denied, judge
from apps.common.text import is_blank
from apps.roles.policy.rules import RoleRules

NOT_ASSIGNABLE = "Only a role-assignable group can hold a directory role."


@dataclass(frozen=True)
class GroupFacts:
    """What matters of a group, as holder of a role or as the resource on which one is held."""

    is_role_assignable: bool
    is_managed: bool


def may_pick(access: Access, provider: Provider, group: GroupFacts | None) -> Decision:
    """Whether the page that gives roles of a provider opens, and takes this holder: a person, or a group."""
    if group is not None and provider == Provider.DIRECTORY and not group.is_role_assignable:
        return denied("SubjectNotFound", NOT_ASSIGNABLE)
    return can_open(access, Permission.ASSIGNMENTS_MANAGE, provider)


def may_manage(access: Access, provider: str, path: str, power: Power) -> Decision:
    """May roles be given and taken on this resource? Whoever is in a group has what the group has, so for a
    group its `power` counts; for anything else pass none."""
    if provider == Provider.GROUPS:
        return can_change_group(access, power, path=path)
    if access.may(Permission.ASSIGNMENTS_MANAGE, provider, path):
        return ALLOWED
    return denied("AdminRequestRule", "Your active roles do not manage assignments here.")


@dataclass(frozen=True, kw_only=True)
class AssignmentFacts:
    """Everything that decides whether a role may be assigned. `right` says whether its admin may do so there.
    `holder_group` and `on_group` are set when the holder, or the resource, is a group; `closes_loop` when the
    second is in the first. `outlives` is the end that an extension moves. `has_approvers`: whoever becomes
    eligible finds somebody else to approve. `is_console` acts with all but the settings' limits lifted."""

    rules: RoleRules
    kind: Assignment.Kind
    now: datetime
    role_provider: str
    resource_provider: str
    starts_at: datetime
    ends_at: datetime | None
    exists: bool
    right: Decision = ALLOWED
    is_console: bool = False
    is_waiting: bool = False
    outlives: datetime | None = None
    closes_loop: bool = False
    has_approvers: bool = True
    justification: str = ""
    second_factor: SecondFactor = NO_FACTOR
    second_factor_max_age: int = 300  # seconds
    holder_group: GroupFacts | None = None
    on_group: GroupFacts | None = None


def provider_rule(facts: AssignmentFacts) -> Refusal | None:
    if facts.role_provider != facts.resource_provider:
        return Refusal("RoleNotFound", "This role does not exist on that resource.", "role")
    return None


def period_rule(facts: AssignmentFacts) -> Refusal | None:
    if facts.ends_at is None:
        return _permanent_refusal(facts)
    if facts.ends_at <= facts.starts_at:
        return Refusal("ExpirationRule", "The end lies before the start.", "ends_at")
    length = facts.ends_at - facts.starts_at
    if length < timedelta(minutes=MINIMUM_MINUTES):
        return Refusal("ExpirationRule", f"At least {MINIMUM_MINUTES} min.", "ends_at")
    days = maximum_days(facts.rules, facts.kind)
    if days is not None and length > timedelta(days=days):
        return Refusal("ExpirationRule", f"At most {days} days for this role.", "ends_at")
    return None


def _permanent_refusal(facts: AssignmentFacts) -> Refusal | None:
    is_unmanaged = facts.on_group is not None and not facts.on_group.is_managed
    if is_unmanaged or maximum_days(facts.rules, facts.kind) is None:
        return None
    return Refusal("ExpirationRule", "This role may not be assigned permanently. Give an end.", "ends_at")


def maximum_days(rules: RoleRules, kind: Assignment.Kind) -> int | None:
    """How long an assignment of this kind may last at most; nothing where it may be permanent."""
    if kind == Assignment.Kind.ELIGIBLE:
        return None if rules.permanent_eligible else rules.eligible_maximum_days
    return None if rules.permanent_active else rules.active_maximum_days


def later_end_rule(facts: AssignmentFacts) -> Refusal | None:
    if facts.outlives is None or facts.ends_at is None or facts.ends_at > facts.outlives:
        return None
    return Refusal("ExpirationRule", "It lasts that long already. Choose a later end.", "ends_at")


def admin_factor_rule(facts: AssignmentFacts) -> Refusal | None:
    if facts.is_console:
        return None
    return second_factor_refusal(facts.second_factor, facts.second_factor_max_age, facts.now)


def admin_justification_rule(facts: AssignmentFacts) -> Refusal | None:
    needed = facts.kind == Assignment.Kind.ACTIVE and facts.rules.active_requires_justification
    if needed and is_blank(facts.justification):
        return Refusal("JustificationRule", "Say why.", "justification")
    return None


def exists_rule(facts: AssignmentFacts) -> Refusal | None:
    if facts.exists:
        return Refusal("RoleAssignmentExists", "Assigned already. Change that assignment instead.")
    return None


def role_assignable_rule(facts: AssignmentFacts) -> Refusal | None:
    """Directory roles take only role-assignable groups, and those hold no groups (design, section 6)."""
    if facts.holder_group is None:
        return None
    if facts.role_provider == Provider.DIRECTORY and not facts.holder_group.is_role_assignable:
        return Refusal("SubjectNotFound", NOT_ASSIGNABLE, "principal")
    if facts.on_group is not None and facts.on_group.is_role_assignable:
        return Refusal("SubjectNotFound", "A role-assignable group holds no groups.", "principal")
    return None


def unmanaged_group_rule(facts: AssignmentFacts) -> Refusal | None:
    if facts.on_group is None or facts.on_group.is_managed:
        return None
    if facts.kind == Assignment.Kind.ELIGIBLE or facts.ends_at is not None:
        return Refusal("RoleNotFound", "Put the group under management first.", "resource")
    return None


def loop_rule(facts: AssignmentFacts) -> Refusal | None:
    if not facts.closes_loop:
        return None
    return Refusal(
        "SubjectNotFound", "This group is in that one. Two groups do not hold each other.", "principal"
    )


def approver_rule(facts: AssignmentFacts) -> Refusal | None:
    """Nobody becomes eligible for what nobody could then approve (design, section 5)."""
    if facts.is_console or facts.has_approvers:
        return None
    return Refusal(
        "ApproverRule",
        "Nobody could approve what they activate. Name two approvers who can be reached, or one who is not "
        "eligible.",
    )


def waiting_rule(facts: AssignmentFacts) -> Refusal | None:
    if facts.is_waiting:
        return Refusal("PendingRoleAssignmentRequest", "A request for this waits for another admin already.")
    return None


ASSIGNING_RULES = (
    provider_rule,
    period_rule,
    later_end_rule,
    admin_factor_rule,
    admin_justification_rule,
    exists_rule,
    role_assignable_rule,
    unmanaged_group_rule,
    loop_rule,
    approver_rule,
    waiting_rule,
)


def can_assign(facts: AssignmentFacts) -> Decision:
    """Whoever may not give roles there hears just that: every other reason tells of what is there."""
    return judge(ASSIGNING_RULES, facts) if facts.right else facts.right


@dataclass(frozen=True, kw_only=True)
class RemovalFacts:
    """Everything that decides whether an assignment may be taken. `last_of` names the role whose last
    assigned, permanent, active holder this would take; nothing when others remain. `needs_factor`: a person
    takes it."""

    has_ended: bool
    now: datetime
    right: Decision = ALLOWED
    last_of: str = ""
    needs_factor: bool = True
    second_factor: SecondFactor = NO_FACTOR
    second_factor_max_age: int = 300  # seconds


def still_there_rule(facts: RemovalFacts) -> Refusal | None:
    if facts.has_ended:
        return Refusal("RoleAssignmentDoesNotExist", "This has ended already.")
    return None


def last_one_rule(facts: RemovalFacts) -> Refusal | None:
    """Whoever removes the last permanent admin locks the organisation out (Entra behaviour)."""
    return _last_one(facts.last_of)


def _last_one(last_of: str) -> Refusal | None:
    if last_of:
        return Refusal("LastAdminRule", f"This is the last {last_of}. Add another permanent one first.")
    return None


def remover_factor_rule(facts: RemovalFacts) -> Refusal | None:
    if not facts.needs_factor:
        return None
    return second_factor_refusal(facts.second_factor, facts.second_factor_max_age, facts.now)


REMOVAL_RULES = (still_there_rule, last_one_rule, remover_factor_rule)


def can_remove(facts: RemovalFacts) -> Decision:
    return judge(REMOVAL_RULES, facts) if facts.right else facts.right


def can_disable(*, last_of: str) -> Decision:
    """May a person's account be disabled? `last_of` names the guarded role that they alone keep."""
    return judge((_last_one,), last_of)


# A change is judged as an assignment as it will be, and as the end of the one there is.
OUTLIVING_RULES = (still_there_rule, last_one_rule)


def can_update(wanted: AssignmentFacts, present: RemovalFacts) -> Decision:
    """May this assignment get another period, or another kind? `present.last_of` counts unless it goes on,
    active and without an end."""
    is_active = wanted.kind == Assignment.Kind.ACTIVE
    stays = is_active and wanted.ends_at is None and wanted.starts_at <= wanted.now
    last_of = "" if stays else present.last_of
    kept = judge(OUTLIVING_RULES, replace(present, last_of=last_of))
    given = can_assign(wanted)
    return Decision((*given.refusals, *kept.refusals)) if wanted.right else given
