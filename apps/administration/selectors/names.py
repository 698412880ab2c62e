"""From the names that stand in files to what they name. A fixed number of queries, however many names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Q
from django.db.models.functions import Lower

from apps.accounts.models import Group, Principal
from apps.accounts.selectors import users_by_email
from apps.common.access import DIRECTORY_ID, Access, Provider
from apps.common.errors import Invalid
from apps.roles.models import Resource, RoleDefinition
from apps.roles.selectors import named_paths

Named = TypeVar("Named")


@dataclass(frozen=True)
class Names:
    """What some names stand for. Each lookup raises `Invalid` where that is nothing, or more than one. What
    the reader does not see is nothing to them."""

    principals: dict[str, list[Principal]]
    roles: dict[tuple[str, str], list[RoleDefinition]]
    resources: dict[tuple[str, str], list[Resource]]

    def principal(self, text: str) -> Principal:
        return _only(self.principals.get(text.casefold(), []), f"person or group “{text}”")

    def group(self, text: str) -> Principal:
        found = [principal for principal in self.principals.get(text.casefold(), []) if principal.is_group]
        return _only(found, f"group “{text}”")

    def role(self, provider: str, text: str) -> RoleDefinition:
        return _only(self.roles.get((provider, text.casefold()), []), f"role “{text}” of {provider}")

    def resource(self, provider: str, text: str) -> Resource:
        """By its path of names."""
        return _only(self.resources.get((provider, _spelled(text)), []), f"resource “{text}” of {provider}")


@dataclass(frozen=True)
class Asked:
    """The names that are to be looked up at once. Roles and resources by provider."""

    principals: Collection[str] = ()
    roles: Collection[tuple[str, str]] = ()
    resources: Collection[tuple[str, str]] = ()


def names_in(asked: Asked, access: Access) -> Names:
    """Six queries, or fewer."""
    return Names(
        principals=_principals(asked.principals),
        roles=_roles(asked.roles, access),
        resources=_resources(asked.resources, access),
    )


def _principals(texts: Iterable[str]) -> dict[str, list[Principal]]:
    """People by address, groups by name."""
    wanted = {text.casefold() for text in texts}
    found: dict[str, list[Principal]] = defaultdict(list)
    for address, user in users_by_email(text for text in wanted if "@" in text).items():
        found[address].append(user)
    for group in Group.objects.in_use().alias(lower=Lower("name")).filter(lower__in=_lowered(wanted)):
        found[group.name.casefold()].append(group)
    return found


def _roles(asked: Iterable[tuple[str, str]], access: Access) -> dict[tuple[str, str], list[RoleDefinition]]:
    found: dict[tuple[str, str], list[RoleDefinition]] = defaultdict(list)
    names = _lowered(text for _, text in asked)
    rows = RoleDefinition.objects.in_use().filter(provider__in=access.providers).alias(lower=Lower("name"))
    for role in rows.filter(lower__in=names):
        found[role.provider, role.name.casefold()].append(role)
    return found


def _resources(asked: Iterable[tuple[str, str]], access: Access) -> dict[tuple[str, str], list[Resource]]:
    """Those whose last name occurs are loaded; then the whole path tells which are meant."""
    paths = [(provider, _split(text)) for provider, text in asked]
    names = _lowered(steps[-1] for _, steps in paths)
    rows = Resource.objects.in_use().select_related("group").alias(lower=Lower("name"))
    rows = rows.filter(Q(lower__in=names) | Q(pk=DIRECTORY_ID))
    seen = [row for row in rows if access.sees(row.provider, row.path)]
    texts = named_paths(seen)
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for row in seen:
        found[row.provider, _spelled(texts[row.id])].append(row)
        if row.id == DIRECTORY_ID:
            found[Provider.DIRECTORY, _spelled("")].append(row)
    return found


def resource_at(steps: Sequence[str], access: Access) -> Resource | None:
    """The resource of the trees at this path of names, if there is one that the reader sees. One query for
    each step."""
    row: Resource | None = None
    for step in steps:
        below = Resource.objects.in_use().filter(provider=Provider.RESOURCES, parent=row)
        row = below.filter(name__iexact=step).order_by("created_at", "id").first()
        if row is None:
            return None
    return row if row is not None and access.sees(row.provider, row.path) else None


def steps_of(path: str) -> list[str]:
    """The names of a path; a slash behind a backslash belongs to a name (`named_paths`). Raises `Invalid`
    where one is missing."""
    steps = _split(path)
    if not all(steps):
        raise Invalid(f"A name is missing in “{path}”.")
    return steps


def joined(steps: Iterable[str]) -> str:
    return "/".join(step.replace("\\", "\\\\").replace("/", "\\/") for step in steps)


def _spelled(path: str) -> str:
    """A path of names as it is compared: without the case of its letters and the spaces around slashes."""
    return "\0".join(step.casefold() for step in _split(path))


def _split(path: str) -> list[str]:
    steps, escaped = [""], False
    for char in path:
        if char == "/" and not escaped:
            steps.append("")
        elif char != "\\" or escaped:
            steps[-1] += char
        escaped = char == "\\" and not escaped
    return [step.strip() for step in steps]


def _lowered(texts: Iterable[str]) -> set[str]:
    """As databases lower names: SQLite knows the case of plain letters only and leaves others as they are."""
    return {form for text in texts for form in (text.lower(), _plainly_lowered(text))}


def _plainly_lowered(text: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in text)


def _only(found: Collection[Named], what: str) -> Named:
    if not found:
        raise Invalid(f"There is no {what}.")
    if len(found) > 1:
        raise Invalid(f"There is more than one {what}.")
    (one,) = found
    return one
