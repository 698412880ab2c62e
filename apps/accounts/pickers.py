"""Picking people and groups in a form: what may be picked, and what is found for a few words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import Principal
from apps.common.lookup import every_word

FOUND_AT_ONCE = 12
PICKED_AT_MOST = 200


@dataclass(frozen=True)
class Pickable:
    """Who may be picked: people, groups or both; of the groups in use perhaps only the role-assignable ones,
    and disabled people only where that is said."""

    kinds: frozenset[Principal.Kind] = frozenset(Principal.Kind)
    role_assignable_only: bool = False
    disabled_too: bool = False

    def rows(self) -> QuerySet[Principal]:
        rows = Principal.objects.filter(kind__in=self.kinds, group__retired_at__isnull=True)
        rows = rows.select_related("user", "group")
        if self.role_assignable_only:
            rows = rows.filter(~Q(kind=Principal.Kind.GROUP) | Q(group__is_role_assignable=True))
        if not self.disabled_too:
            rows = rows.filter(~Q(kind=Principal.Kind.USER) | Q(user__is_enabled=True))
        return rows.order_by("name", "id")


PEOPLE = Pickable(frozenset([Principal.Kind.USER]))
GROUPS = Pickable(frozenset([Principal.Kind.GROUP]))
ANYBODY = Pickable()


@dataclass(frozen=True)
class Found:
    """What a search shows: who is picked already, then who else fits the words, the first few by name."""

    picked: Sequence[Principal]
    others: Sequence[Principal]
    has_more: bool
    q: str


def find_principals(pickable: Pickable, q: str, picked: Collection[UUID] = ()) -> Found:
    """Every word of `q` stands in the name or in the address. Nothing is found for no words. Two queries."""
    chosen = list(pickable.rows().filter(pk__in=picked)) if picked else []
    words = q.split()
    rows = pickable.rows().exclude(pk__in=picked).filter(every_word(words, "name", "user__email"))
    others = list(rows[: FOUND_AT_ONCE + 1]) if words else []
    return Found(chosen, others[:FOUND_AT_ONCE], len(others) > FOUND_AT_ONCE, q)
