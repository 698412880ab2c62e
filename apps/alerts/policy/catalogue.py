"""All alerts, in the order of their lists: Entra's of directory roles, of resources, and those beyond Entra.
How each looks is in `policy.rules`, what at in `scans`."""

from __future__ import annotations

from apps.alerts.policy.terms import Fix, Rule, Severity, Threshold
from apps.common.access import Provider

_EVERYWHERE = tuple(Provider)
_WITH_PRIVILEGED_ROLES = (Provider.DIRECTORY, Provider.RESOURCES)  # Member and Owner of a group are none

ASSIGNED_OUTSIDE = Rule(
    id="assigned_outside",
    name="Roles are being assigned outside of Privileged Identity Management",
    severity=Severity.HIGH,
    providers=_EVERYWHERE,
    trigger="A connector sees a role in its target system that was not assigned here. Without a connector "
    "there is nothing to look at.",
    impact="Such a role has no end, no approval and no reason, and nobody reviews it.",
    mend="Remove the role in the target system. If it is needed, assign it here, as eligible.",
    prevent="Allow nobody but the connector to assign roles in the target system.",
)
TOO_MANY_GLOBAL_ADMINISTRATORS = Rule(
    id="too_many_global_administrators",
    name="There are too many global administrators",
    severity=Severity.LOW,
    providers=(Provider.DIRECTORY,),
    trigger="At least {count} people are Global Administrator, eligible or active, and they are at least "
    "{percent} % of all who have a directory role.",
    impact="Whoever takes over one of these accounts has everything.",
    mend="Remove those who do not need it, or give them a role that can do less.",
    prevent="Assign the role with the least power that does the job.",
    thresholds=(
        Threshold("count", "Global Administrators", 3, 2, 100, "people"),
        Threshold("percent", "Part of all who have a directory role", 10, 0, 100, "%"),
    ),
    fix=Fix.REMOVE,
)
ACTIVATED_TOO_FREQUENTLY = Rule(
    id="activated_too_frequently",
    name="Roles are being activated too frequently",
    severity=Severity.LOW,
    providers=_EVERYWHERE,
    trigger="In the last 7 days, somebody activated the same role at least {count} times within {hours} "
    "hours.",
    impact="Each activation is looked at less. The account may be shared, or used by a program.",
    mend="Ask the person why they activate so often.",
    prevent="Raise the maximum duration of the role to the time that the work takes, and require a second "
    "factor for activation.",
    thresholds=(
        Threshold("count", "Activations", 3, 2, 100, "times"),
        Threshold("hours", "Within", 24, 1, 168, "hours"),
    ),
)
UNUSED_ROLE = Rule(
    id="unused_role",
    name="Administrators aren’t using their privileged roles",
    severity=Severity.LOW,
    providers=_WITH_PRIVILEGED_ROLES,
    trigger="Somebody has been eligible for a directory role, or for a privileged role on a resource, for at "
    "least {days} days, and did not activate it in that time.",
    impact="A role that nobody needs can only be misused.",
    mend="Remove the assignment of whoever does not need it.",
    prevent="Assign roles with an end, and have them reviewed regularly.",
    thresholds=(Threshold("days", "Not activated for", 30, 0, 100, "days"),),
    fix=Fix.REMOVE,
)
NO_MFA_ON_ACTIVATION = Rule(
    id="no_mfa_on_activation",
    name="Roles don’t require multifactor authentication for activation",
    severity=Severity.LOW,
    providers=_EVERYWHERE,
    trigger="Somebody is eligible for a role whose settings ask for no second factor on activation. Of "
    "groups, role-assignable ones count.",
    impact="A stolen password, or a computer left open, is enough to activate the role.",
    mend="Require multifactor authentication in the settings of the role.",
    prevent="Require multifactor authentication in the settings of every role.",
    fix=Fix.REQUIRE_MFA,
)
STALE_ACCOUNT = Rule(
    id="stale_account",
    name="Potential stale accounts in a privileged role",
    severity=Severity.MEDIUM,
    providers=_WITH_PRIVILEGED_ROLES,
    trigger="Somebody has a directory role, or a privileged role on a resource, directly or through a group, "
    "and has not signed in for at least {days} days.",
    impact="Nobody notices when an account that nobody uses is taken over.",
    mend="Remove the assignment, and disable the account of whoever has left.",
    prevent="Disable accounts on the day somebody leaves, and have assignments reviewed regularly.",
    thresholds=(Threshold("days", "Not signed in for", 30, 1, 365, "days"),),
    fix=Fix.REMOVE,
)
TOO_MANY_OWNERS = Rule(
    id="too_many_owners",
    name="Too many owners assigned to a resource",
    severity=Severity.MEDIUM,
    providers=(Provider.RESOURCES,),
    trigger="At least {count} people are Owner of a resource, eligible or active, and they are at least "
    "{percent} % of all who have a role on it. Owners from above do not count.",
    impact="Owners can do everything on the resource, and give it to anybody.",
    mend="Remove those who do not need it, or give them a role that can do less.",
    prevent="Assign Contributor or a narrower role to whoever does not manage access.",
    thresholds=(
        Threshold("count", "Owners", 5, 2, 100, "people"),
        Threshold("percent", "Part of all who have a role there", 50, 0, 100, "%"),
    ),
    fix=Fix.REMOVE,
)
TOO_MANY_PERMANENT_OWNERS = Rule(
    id="too_many_permanent_owners",
    name="Too many permanent owners assigned to a resource",
    severity=Severity.MEDIUM,
    providers=(Provider.RESOURCES,),
    trigger="At least {count} people are Owner of a resource all day and without an end, and they are at "
    "least {percent} % of its owners. Owners from above do not count.",
    impact="Power that is always there is there for whoever takes over the account, too.",
    mend="Make them eligible, so that they activate the role when they need it.",
    prevent="Allow no permanent active assignment in the settings of Owner.",
    thresholds=(
        Threshold("count", "Permanent owners", 3, 1, 100, "people"),
        Threshold("percent", "Part of all owners", 10, 0, 100, "%"),
    ),
    fix=Fix.MAKE_ELIGIBLE,
)
DUPLICATE_ROLE = Rule(
    id="duplicate_role",
    name="Duplicate role created",
    severity=Severity.MEDIUM,
    providers=_WITH_PRIVILEGED_ROLES,
    trigger="On one resource, or in the directory, people have a custom role and another that is the same: "
    "with the same permissions, where only this portal enforces both, or else with the same description.",
    impact="Settings, reviews and alerts of one role say nothing about the other.",
    mend="Assign one of the two to everybody, and retire the other.",
    prevent="Look for a role that does the job before creating one.",
)
GROUP_WITHOUT_OWNER = Rule(
    id="group_without_owner",
    name="Group without an owner",
    severity=Severity.MEDIUM,
    providers=(Provider.GROUPS,),
    trigger="Nobody whose account is enabled is Owner of a group under management, eligible or active.",
    impact="Nobody who knows the group looks after who is in it.",
    mend="Assign an owner.",
    prevent="Give each group two owners, so that one can leave.",
)
NO_REACHABLE_APPROVER = Rule(
    id="no_reachable_approver",
    name="Role without a reachable approver",
    severity=Severity.MEDIUM,
    providers=_EVERYWHERE,
    trigger="Somebody is eligible for a role that needs approval, and nobody else who is enabled and has a "
    "second factor and an address could approve.",
    impact="They cannot activate the role, not even in an emergency.",
    mend="Name another approver in the settings of the role, or help the ones there are to a second factor.",
    prevent="Name a group of several people as approvers.",
)
NO_SECOND_FACTOR = Rule(
    id="no_second_factor",
    name="Eligible without a second factor",
    severity=Severity.MEDIUM,
    providers=_EVERYWHERE,
    trigger="Somebody whose account is enabled is eligible for a role, directly or through a group, and has "
    "set up no second factor.",
    impact="They cannot activate a role that asks for one, and whoever knows their password could set up the "
    "first one.",
    mend="Have them set up a second factor, or remove the assignment.",
    prevent="Have people set up a second factor before they get a role.",
)
SAME_PAIR = Rule(
    id="same_pair",
    name="Approver and requester are always the same pair",
    severity=Severity.LOW,
    providers=_EVERYWHERE,
    trigger="At least {count} requests of somebody on a resource were decided in the last 90 days, all of "
    "them by the same person.",
    impact="Two who always meet look less closely, or have agreed.",
    mend="Look at some of these requests, and have somebody else decide.",
    prevent="Name a group of several people as approvers.",
    thresholds=(Threshold("count", "Decided requests", 10, 3, 100, "requests"),),
)
HASTY_APPROVALS = Rule(
    id="hasty_approvals",
    name="Approvals within seconds",
    severity=Severity.MEDIUM,
    providers=_EVERYWHERE,
    trigger="In the last 30 days, somebody approved at least {times} requests on a resource, each less than "
    "{seconds} seconds after it was sent.",
    impact="So fast nobody reads who asks for what and why: the approval protects nothing.",
    mend="Talk to the approver, and look at what they approved.",
    prevent="Require approval where it matters and not elsewhere, so that it is not a habit.",
    thresholds=(
        Threshold("times", "Approvals", 5, 1, 100, "times"),
        Threshold("seconds", "Faster than", 10, 1, 600, "seconds"),
    ),
)
PERMANENT_POWER = Rule(
    id="permanent_power",
    name="Power that never ends",
    severity=Severity.MEDIUM,
    providers=_WITH_PRIVILEGED_ROLES,
    trigger="Somebody has a privileged role that is always active and has no end, directly or as a permanent "
    "member of a group. Of Global Administrators up to {global_administrators} are left out: two accounts "
    "for emergencies are good practice.",
    impact="Power that is always there is there for whoever takes over the account, too.",
    mend="Make them eligible, so that they activate the role when they need it.",
    prevent="Allow no permanent active assignment in the settings of privileged roles.",
    thresholds=(
        Threshold("global_administrators", "Global Administrators for emergencies", 2, 0, 20, "people"),
    ),
    fix=Fix.MAKE_ELIGIBLE,
)
PRIVILEGED_GUEST = Rule(
    id="privileged_guest",
    name="Guest with a privileged role",
    severity=Severity.MEDIUM,
    providers=_WITH_PRIVILEGED_ROLES,
    trigger="Somebody from outside the organisation has a privileged role, or may activate it, directly or "
    "through a group.",
    impact="Their account is looked after by somebody else, and may be given to somebody else.",
    mend="Remove the assignment, or let it end soon.",
    prevent="Give privileged roles to members of the organisation, and to guests for a short time only.",
    fix=Fix.REMOVE,
)
GRANTED_ONESELF = Rule(
    id="granted_oneself",
    name="Somebody granted themself a role",
    severity=Severity.HIGH,
    providers=_EVERYWHERE,
    trigger="An admin gave themself a role, as nobody else could decide, and the assignment has not ended.",
    impact="Nobody but the one who gains by it has agreed.",
    mend="Ask why. Remove the assignment, or dismiss this with the reason.",
    prevent="Have at least two people who can assign roles everywhere.",
    fix=Fix.REMOVE,
)
SETTINGS_LOOSENED = Rule(
    id="settings_loosened",
    name="Role settings were loosened",
    severity=Severity.HIGH,
    providers=_EVERYWHERE,
    trigger="In the last {days} days, somebody changed settings of a role so that they ask for less, and "
    "they still ask for less than before.",
    impact="Whoever wants more than they should begins with the settings.",
    mend="Set them back, or dismiss this with the reason.",
    prevent="Have changes of settings agreed on by two people.",
    thresholds=(Threshold("days", "Changed in the last", 30, 1, 365, "days"),),
)
HELD_REVIEW = Rule(
    id="held_review",
    name="Access review is held",
    severity=Severity.MEDIUM,
    providers=_EVERYWHERE,
    trigger="An access review does nothing, as its owner may no longer manage all that it reviews.",
    impact="Nobody looks at this access, although it seems to be reviewed.",
    mend="Take the review over, or delete it.",
    prevent="Hand reviews over before their owner changes roles.",
)

RULES: tuple[Rule, ...] = (
    ASSIGNED_OUTSIDE,
    TOO_MANY_GLOBAL_ADMINISTRATORS,
    ACTIVATED_TOO_FREQUENTLY,
    UNUSED_ROLE,
    NO_MFA_ON_ACTIVATION,
    STALE_ACCOUNT,
    TOO_MANY_OWNERS,
    TOO_MANY_PERMANENT_OWNERS,
    DUPLICATE_ROLE,
    GROUP_WITHOUT_OWNER,
    NO_REACHABLE_APPROVER,
    NO_SECOND_FACTOR,
    SAME_PAIR,
    HASTY_APPROVALS,
    PERMANENT_POWER,
    PRIVILEGED_GUEST,
    GRANTED_ONESELF,
    SETTINGS_LOOSENED,
    HELD_REVIEW,
)
BY_ID = {rule.id: rule for rule in RULES}
