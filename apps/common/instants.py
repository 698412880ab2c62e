"""Instants in words, in somebody's time zone: "14:00 CET" today, else "24 Nov 2026, 14:00 CET"."""

from __future__ import annotations

from datetime import date, datetime, tzinfo


def clock_time(instant: datetime, zone: tzinfo) -> str:
    return _on_the_clock(instant.astimezone(zone))


def _on_the_clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02} {zone_name(local)}"


def exact_time(instant: datetime, zone: tzinfo) -> str:
    """With seconds, for timelines."""
    local = instant.astimezone(zone)
    return f"{local:%H:%M:%S} {zone_name(local)}"


def day(instant: datetime, zone: tzinfo) -> str:
    return date_in_words(instant.astimezone(zone).date())


def date_in_words(local: date) -> str:
    return f"{local.day} {local:%b %Y}"


def day_and_month(local: date) -> str:
    """ "24 Nov", where the year goes without saying."""
    return f"{local.day} {local:%b}"


def full(instant: datetime, zone: tzinfo) -> str:
    local = instant.astimezone(zone)
    return f"{date_in_words(local)}, {_on_the_clock(local)}"


def short(instant: datetime, zone: tzinfo, *, now: datetime) -> str:
    """As people read it at `now`: without the date when it is today's, in that zone."""
    return clock_time(instant, zone) if is_same_day(instant, now, zone) else full(instant, zone)


def is_same_day(one: datetime, other: datetime, zone: tzinfo) -> bool:
    return one.astimezone(zone).date() == other.astimezone(zone).date()


def zone_name(local: datetime) -> str:
    """The short name of an instant's own zone; zones without one ("-03") show their distance from UTC."""
    name = local.tzname() or ""
    if name[:1] not in {"+", "-"}:
        return name
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"
