"""Who hears that role settings ask for less than before: those who approve, and the admins of the place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.urls import reverse

from apps.access_requests.asks import Actor
from apps.access_requests.selectors.approvers import Sought, approvers_for_many
from apps.accounts.models import User
from apps.administration.selectors.settings_changes import Assessed, Change, digest_of_plan
from apps.assignments.models import Assignment
from apps.assignments.notices.cells import admins_at
from apps.assignments.selectors import held_as, holders_on
from apps.common.access import DIRECTORY_PATH, Provider
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent
from apps.roles.built_in import GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR
from apps.roles.models import Resource

# Who hears of rules that hold wherever nothing nearer is set.
_EVERYWHERE = {
    Provider.DIRECTORY: (GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR),
    Provider.GROUPS: (GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR),
    Provider.RESOURCES: (GLOBAL_ADMINISTRATOR,),
}


def tell_loosened(loosened: Sequence[Assessed], *, actor: Actor, now: datetime) -> None:
    """One notice for each person, with everything that concerns them. Not for whoever did it."""
    if not loosened:
        return
    approvers, admins = _approvers(loosened, now), _admins([each.change for each in loosened], now)
    concerning: dict[User, list[Assessed]] = defaultdict(list)
    for each, deciding in zip(loosened, approvers, strict=True):
        for user in {*deciding, *admins[_where(each.change)]} - {actor.user}:
            concerning[user].append(each)
    letters = [(user.recipient, _message(changes, actor)) for user, changes in concerning.items()]
    key = f"settings:{digest_of_plan(loosened)[:40]}:{now.isoformat()}:loosened"
    announced = _message(loosened, actor)
    notifications.notify_each(key=key, letters=letters, announced=announced, now=now)


def _approvers(loosened: Sequence[Assessed], now: datetime) -> Iterable[Sequence[User]]:
    """Those who decided until now, and those who do from now on."""
    nobody = User()
    places = [each.change.resource or Resource(provider=each.change.role.provider) for each in loosened]
    before = approvers_for_many(
        [Sought(each.before.rules, place, nobody) for each, place in zip(loosened, places, strict=True)],
        now=now,
    )
    for each, found in zip(loosened, before, strict=True):
        asked = found.told if each.before.rules.requires_approval else ()
        yield [*asked, *each.proof.approvers.told]


def _where(change: Change) -> tuple[Provider, str]:
    """The kind of admins to tell, and where they are admins: without a resource, of everything."""
    if change.resource is None:
        return Provider.DIRECTORY, change.role.provider
    return Provider(change.role.provider), change.path


def _admins(changes: Iterable[Change], now: datetime) -> Mapping[tuple[Provider, str], list[User]]:
    found: dict[tuple[Provider, str], list[User]] = {}
    active = Assignment.Kind.ACTIVE
    places = {(_where(change), change.resource is None) for change in changes}
    for provider in Provider:
        paths = {path for (of, path), everywhere in places if of == provider and not everywhere}
        here = admins_at(provider, paths, now=now)
        found |= {(provider, path): users for path, users in here.items()}
        if ((Provider.DIRECTORY, provider.value), True) in places:
            top = holders_on(held_as(active, _EVERYWHERE[provider]), [DIRECTORY_PATH], now=now)
            found[Provider.DIRECTORY, provider.value] = top[DIRECTORY_PATH]
    return found


def _message(changes: Sequence[Assessed], actor: Actor) -> Message:
    first, name = changes[0].change, actor.party.name
    many = f"the settings of {len(changes)} roles"
    what = many if len(changes) > 1 else f"the settings of {first.role.name} on {first.place_name}"
    return Message(
        event=NoticeEvent.SETTINGS_LOOSENED,
        subject=f"PIM: {name} loosened {many if len(changes) > 1 else f'the settings of {first.role.name}'}",
        text=(
            f"{name} changed {what}. They ask for less than before. For 24 hours the stricter of old and new "
            f"applies to {name}'s own activations."
        ),
        facts=tuple(fact for each in changes for fact in _facts(each, several=len(changes) > 1)),
        link=settings_address(first),
    )


def _facts(each: Assessed, *, several: bool) -> Iterable[tuple[str, str]]:
    lead = f"{each.change.role.name}, {each.change.place_name}: " if several else ""
    for difference in each.differences:
        yield f"{lead}{difference.label}", f"{difference.old} → {difference.new}"


def settings_address(change: Change) -> str:
    """The page of these settings."""
    url = reverse("administration:role_settings", args=[change.role.provider, change.role.id])
    return f"{url}?on={change.resource.id}" if change.resource else url
