"""One round as the frame around its pages shows it: what may be done with it, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Q

from apps.access_requests.asks import Actor
from apps.audit.vocabulary import AuditAction
from apps.common.access import Access, Permission
from apps.reviews.models import Item, ItemQuerySet, Review, Round
from apps.reviews.policy.keeping import RoundDecisions, decisions_on
from apps.reviews.policy.terms import Terms
from apps.reviews.selectors.keeping import facts_of
from apps.reviews.selectors.terms import terms_of
from apps.reviews.states import RoundState
from apps.roles.models import Resource


@dataclass(frozen=True)
class RoundHead:
    """A round with what its reader may see of it and do with it."""

    round: Round
    access: Access
    resources: Sequence[Resource]  # of its scopes, by name
    may: RoundDecisions

    @property
    def review(self) -> Review:
        return self.round.review

    @cached_property
    def terms(self) -> Terms:
        """By which it goes; of one that has not begun, those it would begin with now."""
        return self.round.terms if self.round.terms_json else terms_of(self.review)

    @cached_property
    def seen(self) -> list[Resource]:
        """Where its reader may see reviews. With what lies elsewhere they see a part of its lines."""
        return [row for row in self.resources if _reads(self.access, row)]

    @property
    def is_partial(self) -> bool:
        return len(self.seen) < len(self.resources)

    @cached_property
    def shown_terms(self) -> Terms:
        """As far as its reader sees what it is about."""
        return terms_seen(self.terms, self.access)

    @property
    def lines(self) -> ItemQuerySet:
        """What its reader sees of it."""
        return Item.objects.filter(round=self.round).visible_to(self.access)

    @cached_property
    def following(self) -> Round | None:
        """The round of the series that is planned, if it is another one."""
        coming = self.review.rounds.filter(state=RoundState.NOT_STARTED)
        return coming.exclude(pk=self.round.pk).first()


def round_head(round_: Round, *, actor: Actor, now: datetime) -> RoundHead:
    """A fixed number of queries for each group among its scopes. `round_` has its review loaded."""
    facts = facts_of(round_.review, actor=actor, now=now, round_=round_)
    resources = Resource.objects.filter(pk__in=_resource_ids(round_)).order_by("name", "id")
    return RoundHead(round_, actor.access, list(resources), decisions_on(facts))


def terms_seen(terms: Terms, access: Access) -> Terms:
    """The terms without the scopes on which somebody may not see reviews. One query."""
    resources = Resource.objects.in_bulk({scope.resource_id for scope in terms.scopes})
    seen = {id_ for id_, row in resources.items() if _reads(access, row)}
    return replace(terms, scopes=tuple(scope for scope in terms.scopes if scope.resource_id in seen))


def events_about(round_: Round) -> Q:
    """What was done to its review, or by it; and what was decided on its own lines, which happened while it
    ran. Each part of the condition has an index of its own."""
    id_ = str(round_.review_id)
    on_lines = Q(action__in=[AuditAction.LINE_DECIDED, AuditAction.LINE_HANDLED])
    on_lines &= Q(at__gte=round_.opened_at or round_.starts_at, details__round=str(round_.pk))
    return Q(actor_id=id_) | Q(target_id=id_) | on_lines


def _resource_ids(round_: Round) -> list[UUID]:
    if round_.terms_json:
        return [scope.resource_id for scope in round_.terms.scopes]
    return list(round_.review.scopes.values_list("resource_id", flat=True))


def _reads(access: Access, resource: Resource) -> bool:
    return access.may(Permission.REVIEWS_READ, resource.provider, resource.path)
