"""What comes to the door: who asks (`Actor`) and what for (`Ask`). Pages and jobs build the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from apps.access_requests.policy.mandate import Mandate
from apps.access_requests.states import Action
from apps.accounts.models import User
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.assignments.models import Assignment
from apps.audit.vocabulary import CONSOLE, REVIEW, Party
from apps.common.access import NO_ACCESS, Access
from apps.common.errors import Invalid


@dataclass(frozen=True)
class Actor:
    """Who acts: a person with what they may do and when they proved who they are, the console, or an access
    review with what it was granted."""

    party: Party
    user: User | None = None
    access: Access = NO_ACCESS
    second_factor: SecondFactor = NO_FACTOR
    mandate: Mandate | None = None

    @classmethod
    def person(
        cls, user: User, *, access: Access = NO_ACCESS, second_factor: SecondFactor = NO_FACTOR
    ) -> Actor:
        return cls(user.party, user, access, second_factor)

    @classmethod
    def review(cls, mandate: Mandate) -> Actor:
        return cls(Party(REVIEW, str(mandate.review_id), mandate.name), mandate=mandate)

    @property
    def somebody(self) -> User:
        """The person who acts. Raises `Invalid` for the console and for reviews, which hold nothing."""
        if self.user is None:
            raise Invalid("Only a person does this, for themself.")
        return self.user

    @property
    def is_console(self) -> bool:
        return self.party == CONSOLE


THE_CONSOLE = Actor(CONSOLE)


@dataclass(frozen=True)
class Said:
    """What the person said about why, and the ticket they named."""

    justification: str = ""
    ticket_number: str = ""
    ticket_system: str = ""


@dataclass(frozen=True)
class Ask:
    """One action, asked for. Which fields matter depends on the action:

    - `self_activate`: `assignment_id` is the eligible assignment, `minutes` how long, `starts_at` a later
      start, `resource_id` a narrower scope. With `extends_id`, the activation to extend, it counts from
      the decision all the same.
    - `self_deactivate`, `admin_remove`: `assignment_id` is the row to end.
    - `admin_assign`: `principal_id`, `role_id`, `resource_id`, `kind` (none: eligible), `starts_at` (none:
      now), `ends_at` (none: permanent).
    - `admin_update`: `assignment_id` and its new `ends_at`; `starts_at` and `kind` if they change.
    - `admin_extend`: `assignment_id` and its later `ends_at` (none: permanent).
    - `admin_renew`: `assignment_id`, which has ended, and `kind`, `starts_at`, `ends_at` of the new one.
    - `self_extend`, `self_renew`: `assignment_id`; which period it gets, an admin decides.
    """

    action: Action
    assignment_id: UUID | None = None
    extends_id: UUID | None = None
    principal_id: UUID | None = None
    role_id: UUID | None = None
    resource_id: UUID | None = None
    kind: Assignment.Kind | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    minutes: int = 0
    said: Said = field(default_factory=Said)
    batch_id: UUID | None = None  # what it is done with: admins hear of that, once, and not of each
