"""Whom to tell of what happens to a review, and in which words. Times are in each reader's zone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo

from apps.access_requests.notices import tell_admins_of_many
from apps.accounts.models import User
from apps.accounts.policy import zone_of
from apps.assignments.membership import members_of
from apps.assignments.models import Assignment
from apps.assignments.notices.cells import admins_of
from apps.common.instants import short
from apps.common.lookup import present
from apps.common.text import counted
from apps.notifications import services as notifications
from apps.notifications.messages import Button, Message, NoticeEvent, Recipient
from apps.notifications.selectors import recipients_of
from apps.reviews.models import Review, Round
from apps.reviews.policy.calendar import Reminder
from apps.reviews.policy.terms import Terms

# One event may be told to more people than one key holds: each bucket of them has a key of its own.
_BUCKET_DIGITS = 2
OPEN = "open"


def not_told(round_: Round, which: str, people: Mapping[User, int]) -> dict[User, int]:
    """Those of these people who have not had this mail in the stage that the round is in. One query."""
    told = recipients_of({_key(round_, which, user) for user in people})
    return {user: lines for user, lines in people.items() if user.id not in told}


def tell_open(round_: Round, people: Mapping[User, int], *, now: datetime) -> None:
    """Those with something to decide hear of it once in each stage, whenever they came to it."""
    _tell_reviewers(round_, OPEN, people, "Review access", now)
    announced = _to_review(round_, round_.terms, None, "Review access", UTC, now)
    key = f"round:{round_.id}:{round_.stage}:{OPEN}"
    notifications.notify_each(key=key, letters=(), announced=announced, now=now)


def remind(round_: Round, which: str, people: Mapping[User, int], *, now: datetime) -> None:
    """Those who are not done. `which` names the reminder: each is sent once."""
    words = "Last day to review" if which == Reminder.LAST_DAY else "Still to review"
    _tell_reviewers(round_, which, people, words, now)


def tell_completed(round_: Round, *, denied: int, is_applied: bool, now: datetime) -> None:
    """Its owner, and whom the review names, hear how it ended. `is_applied`: what was denied goes now."""
    message = _completed(round_, denied, is_applied)
    _tell_all(_interested(round_, now), message, key=f"round:{round_.id}:completed", now=now)


def tell_applied(
    round_: Round, counts: Mapping[str, int], removed: Iterable[Assignment], *, now: datetime
) -> None:
    """Its owner hears what was taken away, and what is left to do by hand; of nothing, nothing. The admins of
    the places where it was held hear of that, all together."""
    if not any(counts.values()):
        return
    people = [round_.review.owner] if round_.review.owner.is_enabled else []
    key, more = f"round:{round_.id}:applied", (("Review", round_.terms.name),)
    _tell_all(people, _applied(round_, counts), key=key, now=now)
    by = round_.review.party
    tell_admins_of_many(removed, key=key, by=by, did=lambda what: f"removed {what}", more=more, now=now)


def tell_held(review: Review, *, now: datetime) -> None:
    """The administrators of all that it reviews hear that somebody has to take it over."""
    admins: dict[User, None] = {}
    for scope in review.scopes.select_related("resource"):
        admins |= dict.fromkeys(admins_of(scope.resource, now=now))
    _tell_all(admins, _held(review), key=f"review:{review.id}:held:{now.isoformat()}", now=now)


def _tell_all(people: Iterable[User], message: Message, *, key: str, now: datetime) -> None:
    recipients = (user.recipient for user in people)
    notifications.notify(key=key, message=message, recipients=recipients, now=now)


def _tell_reviewers(round_: Round, which: str, people: Mapping[User, int], words: str, now: datetime) -> None:
    buckets: dict[str, list[tuple[Recipient, Message]]] = defaultdict(list)
    terms = round_.terms
    for user, lines in people.items():
        message = _to_review(round_, terms, lines, words, zone_of(user), now)
        letter = user.recipient, message
        buckets[_key(round_, which, user)].append(letter)
    for key, written in buckets.items():
        notifications.notify_each(key=key, letters=written, announced=None, now=now)


def _key(round_: Round, which: str, user: User) -> str:
    """Of one bucket. There is a last day for each end that the stage was given."""
    if which == Reminder.LAST_DAY:
        which = f"{which}:{present(round_.stage_closes_at):%Y%m%d%H%M}"
    return f"round:{round_.id}:{round_.stage}:{which}:{user.id.hex[:_BUCKET_DIGITS]}"


def _interested(round_: Round, now: datetime) -> list[User]:
    named = {each.id for each in round_.terms.tells}
    within = members_of(named, now=now)
    ids = {round_.review.owner_id, *named, *(user for people in within.values() for user in people)}
    return list(User.objects.filter(pk__in=ids, is_enabled=True).order_by("name", "id"))


# ---- In which words ----------------------------------------------------------------------------------------


def _to_review(
    round_: Round, terms: Terms, lines: int | None, words: str, zone: tzinfo, now: datetime
) -> Message:
    """`lines`: how many are theirs; of webhooks none are."""
    closes = short(present(round_.stage_closes_at), zone, now=now)
    each = _each_of(lines)
    return Message(
        event=NoticeEvent.REVIEW_OPEN,
        subject=f"PIM: {words}: {terms.name}",
        text=f"Say until {closes} of {each} whether it is still needed.",
        facts=_facts(("Review", terms.name), ("About", terms.description), ("Note", terms.extra_text)),
        link=round_.get_review_url(),
        buttons=(Button("Review", round_.get_review_url()),),
    )


def _each_of(lines: int | None) -> str:
    if lines is None:
        return "each assignment"
    return "this assignment" if lines == 1 else f"each of {counted(lines, 'assignment')}"


def _completed(round_: Round, denied: int, is_applied: bool) -> Message:
    terms = round_.terms
    if not denied:
        then = "Everybody keeps their access."
    elif is_applied:
        then = f"Being removed now: {counted(denied, 'assignment')}."
    else:
        then = f"To be removed: {counted(denied, 'assignment')}. Look at the results, then apply them."
    return Message(
        event=NoticeEvent.REVIEW_COMPLETED,
        subject=f"PIM: Access review completed: {terms.name}",
        text=then,
        link=round_.get_absolute_url(),
    )


def _applied(round_: Round, counts: Mapping[str, int]) -> Message:
    left = counts.get("not_supported", 0) + counts.get("failed", 0)
    by_hand = f" Left to remove by hand: {left:,}." if left else ""
    return Message(
        event=NoticeEvent.REVIEW_COMPLETED,
        subject=f"PIM: Access review applied: {round_.terms.name}",
        text=f"Removed: {counted(counts.get('applied', 0), 'assignment')}.{by_hand}",
        link=round_.get_absolute_url(),
    )


def _held(review: Review) -> Message:
    return Message(
        event=NoticeEvent.REVIEW_HELD,
        subject=f"PIM: Access review held: {review.name}",
        text=f"{review.owner.name}, who owns it, may no longer manage all that it reviews. "
        "Until somebody who may takes it over, no round of it begins and nothing is removed.",
        link=review.get_absolute_url(),
    )


def _facts(*facts: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((label, value) for label, value in facts if value)
