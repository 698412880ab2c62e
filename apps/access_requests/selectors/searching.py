"""What the list of assignments is searched by: a place, a tab, and what narrows it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import TextChoices

from apps.roles.models import Resource


class Tab(TextChoices):
    ELIGIBLE = "eligible", "Eligible"
    ACTIVE = "active", "Active"
    EXPIRED = "expired", "Expired"


class Holder(TextChoices):
    """Kinds of principals, as the list filters by them."""

    PEOPLE = "people", "People"
    GUESTS = "guests", "Guests"
    GROUPS = "groups", "Groups"


class Ending(TextChoices):
    SOON = "soon", "Ends in 14 days"
    LIMITED = "limited", "Has an end"
    PERMANENT = "permanent", "Permanent"


class Start(TextChoices):
    NEW = "new", "Assigned in 30 days"


class Reach(TextChoices):
    """Of one resource: what is held on it and above, which gives power there; or on it and below."""

    BELOW = "below", "Here and below"


class State(TextChoices):
    """How it is, or was, held: on the tab Active in Entra's words, on the tab Expired as what."""

    ASSIGNED = "assigned", "Assigned"
    ACTIVATED = "activated", "Activated"
    ELIGIBLE = "eligible", "Eligible"
    ACTIVE = "active", "Active"


class Sort(TextChoices):
    NAME = "name", "Name"
    ROLE = "role", "Role"
    END = "end", "End"


STATES: dict[Tab, tuple[State, ...]] = {
    Tab.ACTIVE: (State.ASSIGNED, State.ACTIVATED),
    Tab.EXPIRED: (State.ELIGIBLE, State.ACTIVE),
}


@dataclass(frozen=True)
class Where:
    """The place one looks at: everything of a provider, or one resource with what reaches it from above."""

    provider: str
    resource: Resource | None = None


@dataclass(frozen=True)
class Search:
    """What is looked for; what is empty leaves nothing out. `state` is one of its tab, and narrows that
    alone."""

    tab: Tab = Tab.ELIGIBLE
    q: str = ""
    role: UUID | None = None
    holder: Holder | None = None
    state: State | None = None
    ending: Ending | None = None
    start: Start | None = None
    reach: Reach | None = None
    sort: Sort | None = None

    @property
    def narrows(self) -> bool:
        return bool(
            self.q or self.role or self.holder or self.state or self.ending or self.start or self.reach
        )

    @property
    def chosen(self) -> dict[str, str]:
        """The parts that leave something out, as they can be stored."""
        parts = {
            "tab": self.tab,
            "q": self.q,
            "role": self.role,
            "holder": self.holder,
            "state": self.state,
            "ending": self.ending,
            "start": self.start,
            "reach": self.reach,
        }
        return {name: str(value) for name, value in parts.items() if value}

    @property
    def sorted_by(self) -> Sort:
        return self.sort or (Sort.END if self.tab == Tab.EXPIRED else Sort.NAME)
