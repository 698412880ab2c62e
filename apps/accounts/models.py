"""People and groups. Both are principals, so that an assignment can point at either with one key."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from apps.accounts.devices import AuthenticatorDevice
from apps.accounts.links import AccountLink
from apps.accounts.one_time_codes import OneTimeCode
from apps.accounts.sessions import Session
from apps.audit.vocabulary import Party
from apps.notifications.messages import Recipient

__all__ = [
    "AccountLink",
    "AuthenticatorDevice",
    "Group",
    "OneTimeCode",
    "Principal",
    "Session",
    "SignInCounter",
    "User",
    "UserManager",
]

ADDRESS_TAKEN = "This address is taken."


class Principal(models.Model):
    """Whoever can hold a role."""

    class Kind(models.TextChoices):
        USER = "user", "User"
        GROUP = "group", "Group"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, editable=False)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["name", "id"], name="principal_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_group(self) -> bool:
        return self.kind == self.Kind.GROUP

    @property
    def party(self) -> Party:
        """This principal as audit events name it."""
        return Party(self.kind, str(self.id), self.name)


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        """The e-mail address is the sign-in name; its case does not matter."""
        return self.get(email__iexact=username)


class User(Principal, AbstractBaseUser):
    """A person. What they may do comes from their roles alone: there is no staff flag and no superuser."""

    class Type(models.TextChoices):
        MEMBER = "member", "Member"
        GUEST = "guest", "Guest"

    last_login = None  # ours is `last_sign_in_at`, named like every other instant
    principal = models.OneToOneField(
        Principal, on_delete=models.CASCADE, parent_link=True, primary_key=True, related_name="user"
    )
    email = models.EmailField(max_length=254, unique=True)  # so Django asks; below without case
    type = models.CharField(max_length=8, choices=Type.choices, default=Type.MEMBER)
    manager = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reports"
    )
    job_title = models.CharField(max_length=120, blank=True)
    department = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    is_enabled = models.BooleanField(default=True)
    last_sign_in_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    objects = UserManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_unique", violation_error_message=ADDRESS_TAKEN
            ),
            models.CheckConstraint(
                condition=models.Q(manager__isnull=True) | ~models.Q(manager=models.F("principal")),
                name="user_not_their_own_manager",
                violation_error_message="Nobody is their own manager.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """Django's word for `is_enabled`: a disabled person can neither sign in nor stay signed in."""
        return self.is_enabled

    @property
    def recipient(self) -> Recipient:
        """This person as notices address them."""
        return Recipient(self.email, self.name, self.pk, self.time_zone)


class GroupQuerySet(models.QuerySet["Group"]):
    def in_use(self) -> GroupQuerySet:
        """Those that are not retired. What is retired stays for the history, and nobody is in it."""
        return self.filter(retired_at__isnull=True)


class Group(Principal):
    """People who hold something together. Who is in it is a matter of assignments, not of this table."""

    principal = models.OneToOneField(
        Principal, on_delete=models.CASCADE, parent_link=True, primary_key=True, related_name="group"
    )
    description = models.CharField(max_length=500, blank=True)
    is_role_assignable = models.BooleanField(default=False)
    is_managed = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = GroupQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class SignInCounter(models.Model):
    """Failed sign-ins of one account, network or pair of both. The key is a keyed hash: what people type into
    the field for their address, now and then a password, is stored nowhere."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.FloatField(default=0)  # those that counted at `last_at`, with parts of forgotten ones
    last_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.failures:g} failures up to {self.last_at:%Y-%m-%d %H:%M}"
