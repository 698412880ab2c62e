"""Facts that rules look at, without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID

from apps.alerts.policy.rules.holders import Person, Row
from apps.alerts.policy.terms import Found, Rule, Setting, Settings
from apps.audit.vocabulary import Party, Place
from apps.common.access import DIRECTORY_ID, DIRECTORY_PATH
from apps.roles import built_in
from tests.alerts.making import NOW

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DIRECTORY = Place("directory", DIRECTORY_PATH, "Contoso")
DATABASE_ID = UUID(int=7)
DATABASE = Place("resources", f"{DATABASE_ID}/", "Database")
ROLE_AND_PLACE = {"role": "r1", "resource": str(DIRECTORY_ID)}


def texts(found: Iterable[Found]) -> list[str]:
    return [each.text for each in found]


def look(
    rule: Rule, find: Callable[..., Iterable[Found]], facts: Iterable[object], **values: int
) -> list[Found]:
    """What is found with the defaults of the rule, but for these values."""
    setting = Setting(is_on=True, tells=True, values=rule.defaults | values)
    return list(find(facts, Settings(setting, {}), NOW))


def person(name: str = "Ada", **facts: object) -> Person:
    return Person(**{"id": name.lower(), "name": name, "seen_at": NOW} | facts)


def row(*people: Person, group: str = "", role: str = "Global Reader", **facts: object) -> Row:
    """One that is eligible for a privileged role of the directory since a year ago, for ever. `group`: it is
    held by this group, behind which the people are."""
    people = people or (person(),)
    holder = Party("group", group.lower(), group) if group else people[0].party
    return Row(
        **{
            "id": f"a-{holder.id}-{role.lower()}",
            "holder": holder,
            "people": people,
            "role_id": role.lower(),
            "role": role,
            "is_privileged": True,
            "kind": "eligible",
            "place": DIRECTORY,
            "starts_at": NOW - 365 * DAY,
            "ends_at": None,
        }
        | facts
    )


def global_administrator(*people: Person, **facts: object) -> Row:
    return row(
        *people, **{"role_id": str(built_in.GLOBAL_ADMINISTRATOR), "role": "Global Administrator"} | facts
    )


def owner(*people: Person, **facts: object) -> Row:
    own = {"role_id": str(built_in.RESOURCE_OWNER), "role": "Owner", "place": DATABASE}
    return row(*people, **own | facts)
