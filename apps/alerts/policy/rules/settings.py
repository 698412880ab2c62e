"""What is found in role settings, as they are in force where somebody is eligible, and as they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.administration.policy.settings_words import diff
from apps.alerts.policy.rules.saying import day, role_ids, role_there
from apps.alerts.policy.terms import Found, Settings
from apps.audit.vocabulary import Place
from apps.common.text import any_of, counted
from apps.roles.policy.rules import RoleRules
from apps.roles.policy.strictness import is_loosened, stricter


@dataclass(frozen=True, slots=True)
class Followed:
    """The rules that eligible assignments of a role on a resource follow, and how many there are."""

    role_id: str
    role: str
    place: Place
    rules: RoleRules
    eligible: int


@dataclass(frozen=True, slots=True)
class Stranded:
    """Those who are eligible for a role that needs approval and for whom nobody could approve, by name."""

    role_id: str
    role: str
    place: Place
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of settings, with what is in force now. `where`: the resource, or wherever the role has no
    settings of its own, in all of this provider."""

    id: str
    role_id: str
    role: str
    provider: str
    resource_id: str  # none: everywhere
    place: Place
    where: str
    by: str
    by_id: str
    at: datetime
    before: RoleRules
    after: RoleRules
    present: RoleRules

    @property
    def ids(self) -> dict[str, str]:
        """With whoever did it: they are not the one to say that it is right."""
        where = {"resource": self.resource_id} if self.resource_id else {"everywhere": self.provider}
        return {"role": self.role_id} | where | ({"person": self.by_id} if self.by_id else {})


def no_mfa_on_activation(followed: Iterable[Followed], settings: Settings, now: datetime) -> Iterator[Found]:
    for each in followed:
        if not each.rules.requires_second_factor:
            text = f"{each.role} on {each.place.name} asks for no second factor on activation"
            yield Found(
                role_there(each.role_id, each.place),
                each.place,
                f"{text}; {counted(each.eligible, 'eligible assignment')} there.",
                role=each.role,
                ids=role_ids(each.role_id, each.place),
            )


def no_reachable_approver(stranded: Iterable[Stranded], settings: Settings, now: datetime) -> Iterator[Found]:
    for each in stranded:
        if each.people:
            what = f"{each.role} on {each.place.name}"
            yield Found(
                role_there(each.role_id, each.place),
                each.place,
                f"Nobody who can be reached could approve {what} for {any_of(each.people)}.",
                role=each.role,
                ids=role_ids(each.role_id, each.place),
            )


def settings_loosened(changes: Iterable[Changed], settings: Settings, now: datetime) -> Iterator[Found]:
    """Each change for itself: who dismisses one has not agreed to the next."""
    for each in changes:
        is_recent = now - each.at < timedelta(days=settings.at(each.place)["days"])
        if is_recent and is_loosened(each.before, each.after) and is_loosened(each.before, each.present):
            names = [one.label for one in diff(stricter(each.before, each.present), each.present)]
            text = f"{each.by} loosened the settings of {each.role} {each.where} on {day(each.at)}"
            yield Found(
                f"change:{each.id}",
                each.place,
                f"{text}: {'; '.join(names)}." if names else f"{text}.",
                role=each.role,
                ids=each.ids,
            )
