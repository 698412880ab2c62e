"""Keeping what a rule found: what is new is written, what it no longer finds is mended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from apps.alerts.models import Finding
from apps.alerts.policy.terms import Found, Rule, Settings
from apps.audit.models import NAME_LIMIT, AuditEvent
from apps.audit.services import event_of, record_all
from apps.audit.vocabulary import CLOCK, AuditAction, Party, Place
from apps.common.text import one_line

_AT_ONCE = 500
_AS_LOOKED_AT = (
    "provider",
    "path",
    "place_name",
    "about_kind",
    "about_id",
    "about_name",
    "role",
    "text",
    "ids",
)


@dataclass(frozen=True)
class Kept:
    """How much a look has changed."""

    found: int = 0
    mended: int = 0


def keep(rule: Rule, found: Iterable[Found], *, settings: Settings, now: datetime) -> Kept:
    """Bring what is kept of a rule up to date with what it found at `now`. Call it in a transaction.

    What somebody mended while it was looked at is not brought back, and what they found stays.
    """
    seen = {each.key: each for each in found}
    present = {row.key: row for row in Finding.objects.of(rule.id).present()}
    mended_since = Finding.objects.of(rule.id).filter(mended_at__gte=now).values_list("key", flat=True)
    unknown = seen.keys() - present.keys() - set(mended_since)
    new = [_finding(rule, seen[key], now) for key in sorted(unknown)]
    gone = [row for key, row in present.items() if key not in seen and row.found_at < now]
    known = [row for key, row in present.items() if key in seen]

    Finding.objects.bulk_create(new, batch_size=_AT_ONCE)
    _mend(gone, settings, now)
    _correct(known, seen)
    record_all(_turns(rule, before=[*known, *gone], after=[*known, *new], now=now))
    return Kept(len(new), len(gone))


def _finding(rule: Rule, found: Found, now: datetime) -> Finding:
    return Finding(rule=rule.id, key=found.key, found_at=now, **_columns(found))


def _columns(found: Found) -> dict[str, object]:
    place, about = found.place, found.about
    return {
        "provider": place.provider,
        "path": place.path,
        "place_name": one_line(place.name, NAME_LIMIT),
        "about_kind": about.kind,
        "about_id": about.id,
        "about_name": one_line(about.name, NAME_LIMIT),
        "role": one_line(found.role, NAME_LIMIT),
        "text": found.text,
        "ids": dict(found.ids),
    }


def _mend(gone: Collection[Finding], settings: Settings, now: datetime) -> None:
    for row in gone:
        row.mended_at = now
        row.mended_how = Finding.End.GONE if settings.at(row.place).is_on else Finding.End.OFF
    Finding.objects.bulk_update(gone, ["mended_at", "mended_how"], batch_size=_AT_ONCE)


def _correct(known: Iterable[Finding], seen: dict[str, Found]) -> None:
    """Names, places and sentences as they are now: people are renamed, resources are moved."""
    changed = []
    for row in known:
        columns = _columns(seen[row.key])
        if any(getattr(row, name) != value for name, value in columns.items()):
            for name, value in columns.items():
                setattr(row, name, value)
            changed.append(row)
    Finding.objects.bulk_update(changed, _AS_LOOKED_AT, batch_size=_AT_ONCE)


def _turns(
    rule: Rule, *, before: Iterable[Finding], after: Iterable[Finding], now: datetime
) -> Iterator[AuditEvent]:
    """An alert is triggered on a resource by the first finding there, and resolved with the last one."""
    was, is_ = _places(before), _places(after)
    alert = Party("alert", rule.id, rule.name)
    for action, paths in (
        (AuditAction.ALERT_TRIGGERED, is_.keys() - was.keys()),
        (AuditAction.ALERT_RESOLVED, was.keys() - is_.keys()),
    ):
        for path in sorted(paths):
            yield event_of(action, actor=CLOCK, at=now, target=alert, place=(is_ | was)[path])


def _places(findings: Iterable[Finding]) -> dict[str, Place]:
    return {row.path: row.place for row in findings}
