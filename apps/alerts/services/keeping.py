"""Keeping what a rule found: what is new is written, what it no longer finds is mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.alerts.models import Finding
from apps.alerts.policy.terms import Found, Rule, Settings
from apps.audit.models import NAME_LIMIT, AuditEvent
from apps.audit.services import event_of, record_all
from apps.audit.vocabulary import CLOCK, AuditAction, Party, Place
from apps.common.paging import in_batches
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
    """Bring what is kept of a rule up to date with what it found at `now`.

    A batch at a time, each a transaction of its own: there may be a hundred thousand, and nobody should wait
    for them. Whoever is killed has kept a part, with its events, and the next look goes on from there.
    """
    seen = {each.key: each for each in found}
    present = {row.key: row for row in Finding.objects.of(rule.id).present()}
    new = [_finding(rule, seen[key], now) for key in sorted(seen.keys() - present.keys())]
    gone = [row for key, row in present.items() if key not in seen]
    _correct([row for key, row in present.items() if key in seen], seen)

    counts = Counter(row.path for row in present.values())
    for batch in in_batches(new, _AT_ONCE):
        _write(rule, batch, counts, now)
    for batch in in_batches(gone, _AT_ONCE):
        _mend(rule, batch, counts, settings, now)
    return Kept(len(new), len(gone))


@transaction.atomic
def _write(rule: Rule, batch: Collection[Finding], counts: Counter[str], now: datetime) -> None:
    """An alert is triggered on a resource by the first finding there. `counts`: how many each path has."""
    Finding.objects.bulk_create(batch, ignore_conflicts=True)
    first = {row.path: row.place for row in batch if not counts[row.path]}
    counts.update(row.path for row in batch)
    record_all(_event(AuditAction.ALERT_TRIGGERED, rule, place, now) for place in first.values())


@transaction.atomic
def _mend(
    rule: Rule, batch: Collection[Finding], counts: Counter[str], settings: Settings, now: datetime
) -> None:
    """With the last finding on a resource its alert is resolved there."""
    for row in batch:
        row.mended_at = now
        row.mended_how = Finding.End.GONE if settings.at(row.place).is_on else Finding.End.OFF
    Finding.objects.bulk_update(batch, ["mended_at", "mended_how"])
    counts.subtract(row.path for row in batch)
    last = {row.path: row.place for row in batch if not counts[row.path]}
    record_all(_event(AuditAction.ALERT_RESOLVED, rule, place, now) for place in last.values())


def _event(action: AuditAction, rule: Rule, place: Place, now: datetime) -> AuditEvent:
    return event_of(action, actor=CLOCK, at=now, target=Party("alert", rule.id, rule.name), place=place)


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
