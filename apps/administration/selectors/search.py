"""What the search in the top bar finds: people, groups, roles, resources and requests, each only as far as
whoever searches may see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode

from apps.access_requests.models import AccessRequest
from apps.accounts.models import User
from apps.administration.policy.people import can_see_people
from apps.administration.selectors.resources import visible_resources, ways_to
from apps.assignments.selectors import Held, Holdings
from apps.common.access import Access, Permission, Provider
from apps.common.lookup import every_word
from apps.roles.models import Resource, RoleDefinition

SHOWN = 6  # of each kind; the lists show the rest
MOST_WORDS = 6
_NUMBER = re.compile(r"(?:REQ-?)?([0-9A-F]{6})", re.IGNORECASE)
_SEEING_GROUPS = (Permission.ASSIGNMENTS_READ, Permission.PEOPLE_MANAGE)


@dataclass(frozen=True)
class Hit:
    """One thing that was found, and its page."""

    name: str
    detail: str
    url: str


@dataclass(frozen=True)
class Kind:
    """What was found of one kind. `more` is the list that shows the rest, where there is more."""

    label: str
    icon: str
    hits: tuple[Hit, ...]
    more: str = ""


@dataclass(frozen=True)
class Searcher:
    """Who searches, what they may do, and what they hold."""

    user: User
    access: Access
    holdings: Holdings


def search(q: str, searcher: Searcher) -> list[Kind]:
    """What fits every word of `q`, by kind; kinds without a hit are left out. A fixed number of queries."""
    words = q.split()[:MOST_WORDS]
    if not words:
        return []
    found = (look(words, searcher) for look in _KINDS)
    return [kind for kind in found if kind.hits]


def _my_roles(words: Sequence[str], searcher: Searcher) -> Kind:
    mine = [*searcher.holdings.eligible, *searcher.holdings.active]
    hits = [_my_role(held) for held in mine if _fits(held, words)]
    return _kind("My roles", "person-badge", hits, lambda: _list("access_requests:my_roles", words))


def _people(words: Sequence[str], searcher: Searcher) -> Kind:
    rows = User.objects.filter(every_word(words, "name", "email")).order_by("name", "id")
    found = rows[: SHOWN + 1] if can_see_people(searcher.access) else []
    hits = [Hit(row.name, row.email, reverse("administration:person", args=[row.pk])) for row in found]
    return _kind("People", "person", hits, lambda: _list("administration:people", words))


def _groups(words: Sequence[str], searcher: Searcher) -> Kind:
    visible = (
        Resource.objects.in_use().visible_to(searcher.access, permission) for permission in _SEEING_GROUPS
    )
    rows = reduce(or_, visible).filter(every_word(words, "name"), provider=Provider.GROUPS)
    found = rows.order_by("name", "id")[: SHOWN + 1]
    hits = [Hit(row.name, row.kind, row.get_absolute_url()) for row in found]
    return _kind("Groups", "people", hits, lambda: _list("administration:groups", words))


def _roles(words: Sequence[str], searcher: Searcher) -> Kind:
    rows = RoleDefinition.objects.in_use().visible_to(searcher.access).filter(every_word(words, "name"))
    found = rows.order_by("name", "provider")[: SHOWN + 1]
    hits = [Hit(row.name, row.get_provider_display(), row.get_absolute_url()) for row in found]
    return _kind("Roles", "shield-lock", hits)


def _resources(words: Sequence[str], searcher: Searcher) -> Kind:
    rows = visible_resources(searcher.access).filter(every_word(words, "name", "kind"))
    found = list(rows.order_by("name", "id")[: SHOWN + 1])
    ways = ways_to(found, searcher.access)
    hits = [Hit(row.name, " › ".join((row.kind, *ways[row.pk])), row.get_absolute_url()) for row in found]
    return _kind("Resources", "diagram-3", hits, lambda: _list("administration:resources", words))


def _requests(words: Sequence[str], searcher: Searcher) -> Kind:
    """By the names in them, or by their number."""
    visible = AccessRequest.objects.visible_to(searcher.user, searcher.access)
    numbered = _NUMBER.fullmatch("".join(words))
    rows = visible.containing(words)
    if numbered:
        rows |= visible.filter(_numbered(numbered[1]))
    found = rows.with_names().order_by("-created_at", "-id")[: SHOWN + 1]
    hits = [_request(row) for row in found]
    return _kind("Requests", "inboxes", hits, lambda: _list_of_requests(words, searcher.access))


_KINDS = (_my_roles, _people, _groups, _roles, _resources, _requests)


def _kind(label: str, icon: str, hits: Sequence[Hit], rest: Callable[[], str] = str) -> Kind:
    return Kind(label, icon, tuple(hits[:SHOWN]), rest() if len(hits) > SHOWN else "")


def _numbered(number: str) -> Q:
    """Requests are called by the first six digits of their id."""
    first, last = UUID(f"{number:0<32}"), UUID(f"{number:f<32}")
    return Q(id__gte=first, id__lte=last)


def _fits(held: Held, words: Iterable[str]) -> bool:
    text = f"{held.assignment.role.name} {held.assignment.resource.name}".lower()
    return all(word.lower() in text for word in words)


def _my_role(held: Held) -> Hit:
    row = held.assignment
    detail = f"{row.get_kind_display()} · {row.resource.name}"
    tab = {} if row.kind == row.Kind.ELIGIBLE else {"tab": "active"}
    address = f"{reverse('access_requests:my_roles')}?{urlencode({**tab, 'q': row.role.name})}"
    return Hit(row.role.name, detail, address)


def _request(row: AccessRequest) -> Hit:
    what = f"{row.role.name} on {row.resource.name}"
    return Hit(f"{row.number} · {row.principal.name}", what, row.get_absolute_url())


def _list(view: str, words: Iterable[str]) -> str:
    return f"{reverse(view)}?{urlencode({'q': ' '.join(words)})}"


def _list_of_requests(words: Iterable[str], access: Access) -> str:
    if not access.may_somewhere(Permission.REQUESTS_READ):
        return reverse("access_requests:my_requests")
    return _list("access_requests:all_requests", words) + "&tab=all"
