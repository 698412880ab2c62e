"""Fields of the forms of the door, and what they are cleaned by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime

from apps.access_requests.policy.activation import FARTHEST_START, MINIMUM_MINUTES
from apps.common.spans import minutes_in_words

LONGEST_JUSTIFICATION = 500
LONGEST_TICKET = 60

# As they stand on the page; errors are listed in this order.
ORDER = (
    "pick",
    "scope",
    "duration",
    "other_duration",
    "start",
    "starts_at",
    "justification",
    "ticket_number",
    "ticket_system",
    "code",
)
SEGMENTED = "components/segmented_field.html"
REASON = "components/reason_field.html"
OUT_OF_DATE = "This page is out of date. Open it again."
_TOO_LONG = "Shorten this to %(limit_value)d characters; it has %(show_value)d."


def whole_minutes(text: str, maximum: int) -> int:
    """The minutes that `text` names, from 5 to `maximum`; anything else is a sentence."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ValidationError("Choose how long, in whole minutes.")
    minutes = int(text)
    if minutes < MINIMUM_MINUTES:
        raise ValidationError(f"Choose at least {minutes_in_words(MINIMUM_MINUTES)}.")
    if minutes > maximum:
        raise ValidationError(f"Choose at most {minutes_in_words(maximum)}.")
    return minutes


def instant_at(text: str, zone: tzinfo) -> datetime:
    """The UTC instant of a date and time on the viewer's clock. Where the clock changes, some times come
    twice and some not at all: neither is guessed."""
    try:
        local = parse_datetime(text)
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None:
        raise ValidationError("Give a date and a time, such as 2026-11-25 08:00.")
    try:
        first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        shown = first.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise ValidationError("Choose a start within the next year.") from None
    if shown != local:
        raise ValidationError("The clock skips this time that day. Choose an earlier or later one.")
    if first != second:
        raise ValidationError("The clock shows this time twice that day. Choose an earlier or later one.")
    return first


def later_start(text: str, zone: tzinfo, now: datetime) -> datetime:
    """`instant_at`, ahead of `now` and not too far."""
    start = instant_at(text, zone)
    if start <= now:
        raise ValidationError("This time has passed. Choose a later one, or Now.")
    if start > now + FARTHEST_START:
        raise ValidationError("Choose a start within the next year.")
    return start


class JustificationField(forms.CharField):
    """Free text for people; approvers and auditors read it."""

    def __init__(self, *, label: str, help_text: str, missing: str, required: bool, rows: int = 3) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            required=required,
            max_length=LONGEST_JUSTIFICATION,
            error_messages={"required": missing, "max_length": _TOO_LONG},
            widget=forms.Textarea(attrs={"rows": rows, "data-count": LONGEST_JUSTIFICATION}),
        )

    def to_python(self, value: Any) -> str:
        """Browsers count a line break as one character and send two."""
        return super().to_python(value).replace("\r\n", "\n")


class TicketField(forms.CharField):
    def __init__(self, *, label: str, missing: str) -> None:
        super().__init__(
            label=label,
            max_length=LONGEST_TICKET,
            error_messages={"required": missing, "max_length": _TOO_LONG},
        )


class DurationChoices:
    """The lengths a form offers: presets to press, and every half hour up to the maximum to pick from."""

    def __init__(self, presets: Iterable[int], maximum: int, chosen: int) -> None:
        fitting = {minutes for minutes in presets if minutes <= maximum}
        half_hours = {*range(30, maximum + 1, 30)}
        self.presets = [(str(minutes), minutes_in_words(minutes)) for minutes in sorted({*fitting, chosen})]
        others = sorted((half_hours | {maximum}) - fitting - {chosen})
        self.others = [(str(minutes), minutes_in_words(minutes)) for minutes in others]
