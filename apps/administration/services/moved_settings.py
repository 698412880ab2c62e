"""Settings that became others because a resource was moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from apps.access_requests.asks import Actor
from apps.administration.notices.settings import tell_loosened
from apps.administration.selectors.moving import OtherRules
from apps.administration.selectors.reachability import Governed, prove_approvers
from apps.administration.selectors.settings_changes import Assessed, Change
from apps.common.decision import ALLOWED
from apps.roles.models import Resource
from apps.roles.selectors import Settings
from apps.roles.services.settings import note_settings_change


def note_moved_settings(others: Sequence[OtherRules], *, actor: Actor, now: datetime) -> None:
    """As after any change of settings: each into the history and the log of where the role is held, and where
    less is asked for than before, approvers and admins are told and the one who moved it is held to the
    stricter ones. The move has been written."""
    places = Resource.objects.in_bulk([each.resource.pk for each in others])
    for each in others:
        note_settings_change(
            actor=actor.party,
            role=each.role,
            resource=places[each.resource.pk],
            before=each.before,
            after=each.after,
            was_own=False,
            is_own=False,
            now=now,
        )
    loosened = [each for each in others if each.is_loosened]
    tell_loosened(_assessed(loosened, places, now), actor=actor, now=now)


def _assessed(others: Sequence[OtherRules], places: dict[object, Resource], now: datetime) -> list[Assessed]:
    """In the form in which changes of settings are told of."""
    governed = [Governed(each.role, places[each.resource.pk], each.after, ()) for each in others]
    proofs = prove_approvers(governed, now=now)
    return [
        Assessed(
            Change(each.role, place.resource, each.after),
            Settings(each.role, place.resource, each.before, None),
            each.after,
            each.after.source,
            ALLOWED,
            proofs[place.key],
        )
        for each, place in zip(others, governed, strict=True)
    ]
