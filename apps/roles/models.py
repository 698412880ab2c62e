"""Where roles are held (resources), which roles there are, and the rules each follows (role settings)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from apps.accounts.models import Group, Principal
from apps.audit.vocabulary import Place
from apps.common.access import Access, Permission, Provider
from apps.common.lookup import every_word
from apps.roles.built_in import IDS as BUILT_IN_IDS
from apps.roles.policy.paths import ancestor_ids
from apps.roles.policy.rules import DAYS_OFFERED, Audience, Authentication, NoticeCase, SeatKind

_SEE = Permission.ASSIGNMENTS_READ


def where_permitted(access: Access, permission: Permission, *, prefix: str = "resource__") -> Q:
    """Of rows that lie on a resource, to which `prefix` leads, those where this permission is held, there or
    above; none without it. Every `visible_to` that goes by resources asks this."""
    scopes = access.scopes(permission)
    held = Q(**{f"{prefix}provider__in": [provider for provider, path in scopes if not path]})
    for provider, path in scopes:
        if path:
            held |= where_within(provider, path, prefix=prefix)
    return held


def where_within(provider: str, path: str, *, prefix: str = "resource__") -> Q:
    """Of rows that lie on a resource, to which `prefix` leads, those of this provider, on the resource with
    this path or below it. What is empty leaves nothing out."""
    wanted = {"provider": provider, "path__startswith": path}
    return Q(**{f"{prefix}{name}": value for name, value in wanted.items() if value})


class ResourceQuerySet(models.QuerySet["Resource"]):
    def in_use(self) -> ResourceQuerySet:
        """Those that are not retired. What is retired stays for the history, and nothing is held on it."""
        return self.filter(retired_at__isnull=True)

    def visible_to(self, access: Access, permission: Permission) -> ResourceQuerySet:
        """Those on which this permission is held, there or above; nothing without it."""
        return self.filter(where_permitted(access, permission, prefix=""))

    def below(self, resource: Resource) -> ResourceQuerySet:
        """The resource itself and everything below it."""
        return self.filter(path__startswith=resource.path)


class Resource(models.Model):
    """A scope. The directory is one root, every group is one, the resource trees are the rest.

    `path` is the ids from the root down, each ended by "/": "below" is a prefix test, and a retired or
    renamed resource keeps its place in old audit events.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=16, choices=Provider.choices)
    kind = models.CharField(max_length=60)  # words for people: "Subscription", "Resource group", "Database"
    name = models.CharField(max_length=120)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.TextField(unique=True, editable=False)
    group = models.OneToOneField(
        Group, null=True, blank=True, on_delete=models.PROTECT, related_name="resource"
    )
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | ~Q(provider=Provider.DIRECTORY),
                name="resource_directory_not_retired",
            ),
            models.CheckConstraint(
                condition=Q(provider=Provider.GROUPS, group__isnull=False)
                | (~Q(provider=Provider.GROUPS) & Q(group__isnull=True)),
                name="resource_of_groups_has_group",
            ),
            models.UniqueConstraint(
                fields=["provider"],
                condition=Q(provider=Provider.DIRECTORY, parent__isnull=True),
                name="resource_one_directory",
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="resource_not_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where it is administered. A group's resource is the group."""
        if self.group_id:
            return reverse("administration:group", args=[self.group_id])
        if self.provider == Provider.DIRECTORY:
            return reverse("administration:roles", args=[self.provider])
        return reverse("administration:resource", args=[self.pk])

    @property
    def place(self) -> Place:
        """This resource as audit events name it."""
        return Place(self.provider, self.path, self.name)

    @property
    def ancestor_ids(self) -> list[uuid.UUID]:
        """The ids on the path, root first, this resource last."""
        return ancestor_ids(self.path)

    @property
    def depth(self) -> int:
        """How many resources lie above this one."""
        return self.path.count("/") - 1

    def covers(self, other: Resource) -> bool:
        """Whether `other` is this resource or lies below it."""
        return other.path.startswith(self.path)


class RoleDefinitionQuerySet(models.QuerySet["RoleDefinition"]):
    def in_use(self) -> RoleDefinitionQuerySet:
        """Those that are not retired. What is retired stays for the history, and nobody holds it."""
        return self.filter(retired_at__isnull=True)

    def visible_to(self, access: Access) -> RoleDefinitionQuerySet:
        """Those of the providers in which one may see, somewhere, who holds what."""
        return self.filter(provider__in={provider for provider, _ in access.scopes(_SEE)})

    def custom(self) -> RoleDefinitionQuerySet:
        """Those that can be changed."""
        return self.filter(is_built_in=False)

    def containing(self, words: Iterable[str]) -> RoleDefinitionQuerySet:
        """Those with every word in their name or description."""
        return self.filter(every_word(words, "name", "description"))


def _installed_or_custom() -> Q:
    """Exactly the roles that the code knows are built in, each in its provider. Their names and permissions
    change with the code, which installs them after each migration: a constraint on those would refuse the
    next version."""
    known = reduce(or_, (Q(provider=provider, id__in=ids) for provider, ids in BUILT_IN_IDS.items()))
    every = [id_ for ids in BUILT_IN_IDS.values() for id_ in ids]
    return (known & Q(is_built_in=True)) | (Q(is_built_in=False) & ~Q(id__in=every))


class RoleDefinition(models.Model):
    """A named set of permissions. Built-in ones are installed with the portal and cannot be changed; custom
    ones that were used are retired, and free their name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=16, choices=Provider.choices)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    is_built_in = models.BooleanField(default=False)
    is_privileged = models.BooleanField(default=False)
    # What holders may do in the portal itself: {provider: [permission, …]}. For the role's own provider it
    # holds on the resource of the assignment and below, for another provider everywhere.
    permissions = models.JSONField(default=dict, blank=True)
    link = models.URLField(blank=True)  # where to use the role
    usage = models.CharField(max_length=500, blank=True)  # how to use it, in words
    enforced_by = models.CharField(
        max_length=200, blank=True
    )  # empty: this portal; else who applies it by hand
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = RoleDefinitionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "name"],
                condition=Q(retired_at__isnull=True),
                name="role_name_unique_per_provider",
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(is_built_in=False), name="role_retired_custom_only"
            ),
            models.CheckConstraint(condition=_installed_or_custom(), name="role_built_in_as_installed"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("administration:role", args=[self.provider, self.pk])

    @property
    def granted(self) -> frozenset[tuple[Provider, Permission]]:
        """What its holders may do in the portal, one by one."""
        return frozenset(
            (Provider(provider), Permission(name))
            for provider, names in self.permissions.items()
            for name in names
        )


class RoleSettingsQuerySet(models.QuerySet["RoleSettings"]):
    def filter_nearby(self, resource_ids: Iterable[uuid.UUID]) -> RoleSettingsQuerySet:
        """Those set on one of these resources, and those set for the role wherever it is held."""
        return self.filter(Q(resource__isnull=True) | Q(resource__in=resource_ids))


class RoleSettings(models.Model):
    """The rules of one role on one resource; without a resource, of the role wherever nothing nearer is set.

    The 17 rules of Entra's policies as columns: activation (6), assignment (6), and nine notification cells
    beside them. Defaults by provider: `roles.policy.rules.default_rules`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    role = models.ForeignKey(RoleDefinition, on_delete=models.CASCADE, related_name="settings")
    resource = models.ForeignKey(
        Resource, null=True, blank=True, on_delete=models.PROTECT, related_name="role_settings"
    )

    maximum_half_hours = models.PositiveSmallIntegerField(default=16)
    authentication = models.CharField(
        max_length=16, choices=Authentication.choices, default=Authentication.MFA
    )
    authentication_context = models.CharField(max_length=60, blank=True)
    requires_justification = models.BooleanField(default=True)
    requires_ticket = models.BooleanField(default=False)
    requires_approval = models.BooleanField(default=False)
    approval_window_minutes = models.PositiveIntegerField(default=24 * 60)
    approver_justification = models.BooleanField(default=True)

    permanent_eligible = models.BooleanField(default=True)
    eligible_maximum_days = models.PositiveSmallIntegerField(default=365)
    permanent_active = models.BooleanField(default=True)
    active_maximum_days = models.PositiveSmallIntegerField(default=180)
    active_requires_mfa = models.BooleanField(default=False)
    active_requires_justification = models.BooleanField(default=True)

    modified_at = models.DateTimeField(null=True)
    modified_by = models.CharField(max_length=120, blank=True)

    objects = RoleSettingsQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["role"], condition=Q(resource__isnull=True), name="settings_one_per_role"
            ),
            models.UniqueConstraint(fields=["role", "resource"], name="settings_one_per_role_and_resource"),
            models.CheckConstraint(
                condition=Q(maximum_half_hours__gte=1, maximum_half_hours__lte=48),
                name="settings_maximum_range",
            ),
            models.CheckConstraint(
                condition=Q(authentication="context") & ~Q(authentication_context="")
                | ~Q(authentication="context") & Q(authentication_context=""),
                name="settings_context_named",
            ),
            models.CheckConstraint(
                condition=Q(approval_window_minutes__gte=5), name="settings_window_at_least_5_minutes"
            ),
            models.CheckConstraint(
                condition=Q(eligible_maximum_days__in=DAYS_OFFERED, active_maximum_days__in=DAYS_OFFERED),
                name="settings_days_offered",
            ),
        ]

    def __str__(self) -> str:
        return f"Settings of {self.role_id}"


class ApproverQuerySet(models.QuerySet["Approver"]):
    def in_use(self) -> ApproverQuerySet:
        """Those who may have something to decide: nobody asks for what is retired, nor where that is, and
        those lists cannot be changed any more."""
        return self.filter(
            settings__role__retired_at__isnull=True, settings__resource__retired_at__isnull=True
        )


class Approver(models.Model):
    """One entry of a role's approver list. An empty list means the default of the provider."""

    settings = models.ForeignKey(RoleSettings, on_delete=models.CASCADE, related_name="approvers")
    kind = models.CharField(max_length=16, choices=SeatKind.choices, default=SeatKind.PRINCIPAL)
    principal = models.ForeignKey(
        Principal, null=True, blank=True, on_delete=models.PROTECT, related_name="approver_seats"
    )

    objects = ApproverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="principal", principal__isnull=False)
                | (~Q(kind="principal") & Q(principal__isnull=True)),
                name="approver_principal_named",
            ),
            models.UniqueConstraint(fields=["settings", "principal"], name="approver_once"),
            models.UniqueConstraint(
                fields=["settings", "kind"], condition=~Q(kind="principal"), name="approver_kind_once"
            ),
        ]

    def __str__(self) -> str:
        return self.principal.name if self.principal else self.get_kind_display()


class NotificationCell(models.Model):
    """One of the nine cells of the notification tab. A cell without a row has Entra's default: its default
    recipients, nobody else, every mail."""

    settings = models.ForeignKey(RoleSettings, on_delete=models.CASCADE, related_name="cells")
    case = models.CharField(max_length=16, choices=NoticeCase.choices)
    audience = models.CharField(max_length=16, choices=Audience.choices)
    default_recipients = models.BooleanField(default=True)
    additional_recipients = models.TextField(blank=True)  # addresses, separated by ";"
    critical_only = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["settings", "case", "audience"], name="notification_cell_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_case_display()}: {self.get_audience_display()}"


class SettingsChange(models.Model):
    """One change of the rules in force for a role in one place: what they were, and what they are since.

    Own says whether the rules were set here, or came from further up. Never changed, never deleted by hand.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    role = models.ForeignKey(RoleDefinition, on_delete=models.CASCADE, related_name="settings_changes")
    resource = models.ForeignKey(
        Resource, null=True, blank=True, on_delete=models.PROTECT, related_name="settings_changes"
    )
    at = models.DateTimeField()
    by_id = models.CharField(max_length=64, blank=True)
    by_name = models.CharField(max_length=120, blank=True)
    before = models.JSONField()  # both as `roles.policy.plain` writes them
    after = models.JSONField()
    was_own = models.BooleanField()
    is_own = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["role", "resource", "-at"], name="settings_change_history")]

    def __str__(self) -> str:
        return f"Change of the settings of {self.role_id}"
