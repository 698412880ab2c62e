"""What an open round needs now and then: its mails, and somebody else where a reviewer has left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict
from apps.common.lookup import present
from apps.reviews import notices
from apps.reviews.models import Item, Round
from apps.reviews.policy.calendar import Reminder, reminder_due, when_to_remind
from apps.reviews.selectors.reviewers import reviewers_to_tell
from apps.reviews.services.opening import BATCH
from apps.reviews.services.recording import advance_cursor, behind_cursor
from apps.reviews.services.seating import reseat, with_desks

EVERY = timedelta(hours=1)  # how soon whoever has left is replaced, at the latest
OPENED = "opened"
MAILS = 2000  # people who are told between two looks at the clock


def look_after(round_: Round, *, now: datetime) -> bool:
    """A part of it: hand on what nobody can look at any more, some lines at a time; behind the last of them
    write the mails that are due. Says whether something is left."""
    return _hand_on_some(round_, now) or _write_some(round_, now) or _rest(round_, now)


@transaction.atomic
def _hand_on_some(round_: Round, now: datetime) -> bool:
    undecided = round_.items.not_answered().filter(stage=round_.stage).select_related("principal")
    items = behind_cursor(undecided.prefetch_related(with_desks(round_)), round_, BATCH)
    if items:
        advance_cursor(round_, items[-1])
        Item.objects.bulk_update(reseat(round_, items, now=now), ["desk"])
    return bool(items)


def _write_some(round_: Round, now: datetime) -> bool:
    """The mail that the stage is open goes also to those who have become reviewers since; a reminder to those
    who are not done when it is due. Each mail is a transaction of its own: nobody is told twice."""
    terms, due = round_.terms, _reminder(round_, now)
    if not terms.sends_mails and due is None:
        return False
    people = reviewers_to_tell(round_, now=now)
    if terms.sends_mails and (some := _some_of(notices.not_told(round_, notices.OPEN, people))):
        notices.tell_open(round_, some, now=now)
        return len(some) == MAILS or due is not None
    if due is not None and (some := _some_of(notices.not_told(round_, due, people))):
        notices.remind(round_, due, some, now=now)
        return len(some) == MAILS
    return False


def _some_of(people: Mapping[User, int]) -> dict[User, int]:
    """By id, as they share keys by it."""
    return dict(islice(sorted(people.items(), key=lambda each: each[0].id.hex), MAILS))


def _reminder(round_: Round, now: datetime) -> Reminder | None:
    """The one to write now, once: who becomes a reviewer after it was is told that the review is open."""
    if not round_.terms.sends_reminders:
        return None
    due = reminder_due(present(round_.stage_opened_at), present(round_.stage_closes_at), now)
    return None if due == round_.told else due


def _rest(round_: Round, now: datetime) -> bool:
    """Nothing is left until the next reminder is due, or somebody may have left."""
    opened, closes = present(round_.stage_opened_at), present(round_.stage_closes_at)
    ahead = [at for at in (*when_to_remind(opened, closes).values(), now + EVERY) if at > now]
    unmoved = Round.objects.filter(
        pk=round_.pk, state=round_.state, stage=round_.stage, looked_after_at=round_.looked_after_at
    )
    told = _reminder(round_, now) or round_.told or OPENED
    if not unmoved.update(told=told, looked_after_at=min(ahead), cursor=None):
        raise Conflict("It was changed meanwhile, and is looked after again.")
    return False
