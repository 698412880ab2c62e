"""Who may run a review: over its scopes as they lie now, with the roles that are active, or could be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q

from apps.access_requests.asks import Actor
from apps.access_requests.selectors.managing import managed_resources
from apps.accounts.models import User
from apps.accounts.policy import SecondFactor
from apps.assignments.membership import within_reach_of
from apps.assignments.models import Assignment
from apps.assignments.policy import access_from
from apps.common.access import NO_ACCESS, Access, Permission
from apps.common.decision import Decision
from apps.reviews.models import Item, Review, Round
from apps.reviews.policy.keeping import ReviewFacts, may_keep
from apps.reviews.states import RUNNING, Answer, ApplyResult, RoundState
from apps.roles.models import Resource

UNSEEN = "a resource that you do not see"  # a refusal names nothing else that its reader does not see


def right_over(resource_ids: Iterable[UUID], access: Access, *, now: datetime) -> Decision:
    """Whether reviews of what is held on these resources may be run with this access."""
    resources = Resource.objects.filter(pk__in=set(resource_ids)).order_by("name", "id")
    out = out_of_reach(resources, access, now=now)
    names = (row.name if access.sees(row.provider, row.path) else UNSEEN for row in out)
    return may_keep(list(dict.fromkeys(names)))


def out_of_reach(resources: Iterable[Resource], access: Access, *, now: datetime) -> list[Resource]:
    """Those of these on which somebody does not manage reviews and assignments."""
    rows = list(resources)
    managed = managed_resources(rows, now=now)
    return [
        row
        for row in rows
        if not access.may(Permission.REVIEWS_MANAGE, row.provider, row.path)
        or not managed[row.id].may_manage(access)
    ]


def right_over_review(
    review: Review, access: Access, *, now: datetime, round_: Round | None = None
) -> Decision:
    """Whether somebody may run it, or one round of it: that removes access by the terms with which it began,
    whatever the review has been narrowed to since. What is done with the review is done with a round of it
    that runs, too."""
    if round_ is not None and round_.terms_json:
        return right_over(round_.terms.resource_ids, access, now=now)
    coming = set(review.scopes.values_list("resource_id", flat=True))
    running = (each.terms.resource_ids for each in review.rounds.running_or_closing())
    return right_over(coming.union(*running), access, now=now)


def access_in_reach(user: User, *, now: datetime) -> Access:
    """What this person may do, or could after activating what they are eligible for."""
    if not user.is_enabled:
        return NO_ACCESS
    held = Assignment.objects.current(now).filter(principal_id__in=within_reach_of(user.id, now=now))
    return access_from(user.id, held.exclude(role__permissions={}).select_related("role", "resource"))


def is_owned(review: Review, *, now: datetime, round_: Round | None = None) -> bool:
    """Whether its owner could still take away what it, or one round of it, removes. Without that it removes
    nothing."""
    return bool(right_over_review(review, access_in_reach(review.owner, now=now), now=now, round_=round_))


def facts_of(
    review: Review,
    *,
    actor: Actor,
    now: datetime,
    round_: Round | None = None,
    second_factor: SecondFactor | None = None,
) -> ReviewFacts:
    """What the rules about a review, or about one round of it, ask for."""
    counts = _counts(round_) if round_ else {}
    return ReviewFacts(
        right=right_over_review(review, actor.access, now=now, round_=round_),
        state=RoundState(round_.state) if round_ else None,
        stages_ahead=len(round_.terms.stages) - round_.stage if round_ and round_.terms_json else 0,
        takes_answers=round_ is not None and round_.takes_answers(now),
        is_owner=actor.user is not None and review.owner_id == actor.user.id,
        is_held=bool(review.held_because),
        is_ended=review.ended_at is not None,
        is_deleted=review.deleted_at is not None,
        is_denied=_is_denied(review, actor, now),
        second_factor=second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        now=now,
        **counts,
    )


def _is_denied(review: Review, actor: Actor, now: datetime) -> bool:
    if actor.user is None:
        return False
    denied = Q(answer=Answer.DENY, round__state__in=[*RUNNING, RoundState.COMPLETING])
    lines = Item.objects.filter(denied | Q(apply_result=ApplyResult.NEW), round__review=review)
    return lines.filter(principal__in=within_reach_of(actor.user.id, now=now)).exists()


def _counts(round_: Round) -> dict[str, int]:
    here, waiting = Q(stage=round_.stage), Q(answer=Answer.NOT_REVIEWED)
    return round_.items.aggregate(
        decided=Count("pk", filter=here & ~waiting),
        waiting=Count("pk", filter=here & waiting),
        to_apply=Count("pk", filter=Q(apply_result=ApplyResult.NEW)),
    )
