"""What an open round needs now and then: its mails, and somebody else where a reviewer has left."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.common.lookup import present
from apps.common.paging import in_batches
from apps.reviews import notices
from apps.reviews.models import Item, Round
from apps.reviews.policy.calendar import reminder_due, when_to_remind
from apps.reviews.selectors.reviewers import reviewers_to_tell
from apps.reviews.services.opening import BATCH
from apps.reviews.services.seating import reseat, with_desks

EVERY = timedelta(hours=1)  # how soon whoever has left is replaced, at the latest
OPENED = "opened"


def look_after(round_: Round, *, now: datetime) -> bool:
    """Hand on what nobody can look at any more, then write the mails that are due: they may be written twice
    and are sent once, as their keys are those of the event. Always the last thing to do for a round now."""
    for batch in in_batches(list(_undecided(round_)), BATCH):
        _reseat(round_, batch, now)
    _write_mails(round_, now)
    return False


def _undecided(round_: Round) -> list[Item]:
    lines = round_.items.not_answered().filter(stage=round_.stage)
    return list(lines.select_related("principal").prefetch_related(with_desks(round_)).order_by("id"))


@transaction.atomic
def _reseat(round_: Round, items: list[Item], now: datetime) -> None:
    Item.objects.bulk_update(reseat(round_, items, now=now), ["desk"])


@transaction.atomic
def _write_mails(round_: Round, now: datetime) -> None:
    """The mail that the stage is open goes also to those who have become reviewers since."""
    terms = round_.terms
    opened, closes = present(round_.stage_opened_at), present(round_.stage_closes_at)
    if terms.sends_mails:
        notices.tell_open(round_, reviewers_to_tell(round_, now=now), now=now)
    due = reminder_due(opened, closes, now) if terms.sends_reminders else None
    if due is not None and round_.told != due:
        notices.remind(round_, due, reviewers_to_tell(round_, now=now), now=now)
    ahead = [at for at in (*when_to_remind(opened, closes).values(), now + EVERY) if at > now]
    Round.objects.filter(pk=round_.pk, stage=round_.stage).update(
        told=due or OPENED, looked_after_at=min(ahead)
    )
