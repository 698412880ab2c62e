"""Looking at everything, rule by rule. What a rule finds is kept until it no longer finds it.

One worker is at a rule, for as long as its lease lasts. Whoever is killed leaves the rule to the next; a rule
that kills its worker again and again is passed over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from apps.alerts.models import Look, Scan
from apps.alerts.notices import tell_found
from apps.alerts.policy.catalogue import BY_ID, RULES
from apps.alerts.policy.terms import Found, Rule, Settings
from apps.alerts.scans import look
from apps.alerts.selectors.settings import settings_of
from apps.alerts.selectors.touched import rules_touched
from apps.alerts.services.keeping import Kept, keep
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party

EVERY = timedelta(days=1)
LEASE = timedelta(seconds=60)  # longer than a task may run
TRIES = 3  # of workers that died over one rule
FORGOTTEN_AFTER = timedelta(days=90)  # scans; what they found stays

log = logging.getLogger(__name__)


def ask_for_scan(*, actor: Party, now: datetime, rules: Iterable[Rule] = RULES) -> Scan:
    """Have these rules looked at as soon as the worker can. While a scan runs, that one is answered."""
    try:
        with transaction.atomic():
            scan = _start(rules, Scan.Why.ASKED, by=actor.name, now=now)
            record(AuditAction.ALERTS_SCANNED, actor=actor, at=now, details={"rules": scan.rules})
            return scan
    except IntegrityError:
        return Scan.objects.order_by("-is_running", "-asked_at")[0]  # it may just have ended


def look_again(rule: Rule, *, now: datetime) -> None:
    """Have this rule looked at as it is set from now on. A scan that runs may have it behind it, or may just
    look at it as it was set before: it comes to it once more, at its end. Call it in a transaction."""
    scan = Scan.objects.select_for_update().filter(is_running=True).first()
    if scan is None:
        _start_or_join(rule, now)
    elif rule.id not in scan.rules[scan.done + 1 :]:
        Scan.objects.filter(pk=scan.pk).update(rules=[*scan.rules, rule.id])


def _start_or_join(rule: Rule, now: datetime) -> None:
    try:
        with transaction.atomic():
            _start([rule], Scan.Why.CHANGED, now=now)
    except IntegrityError:  # somebody was faster
        look_again(rule, now=now)


def run_scans(*, clock: Callable[[], datetime], until: datetime) -> int:
    """Look at one rule after another until then: for the scan that runs, else for the daily one when it is
    due, else again at what somebody may just have mended. Answers how many steps were done. May run any
    number of times at once, and be killed anywhere."""
    looked = 0
    while (now := clock()) < until:
        scan = Scan.objects.filter(is_running=True).first() or _start_due(now)
        if scan is None or not _take_on(scan, now=now):
            break
        looked += 1
    return looked


def _start_due(now: datetime) -> Scan | None:
    """The first of several workers starts it."""
    is_daily = not Scan.objects.filter(why=Scan.Why.DAILY, asked_at__gt=now - EVERY).exists()
    rules = RULES if is_daily else [BY_ID[id_] for id_ in rules_touched(now) if id_ in BY_ID]
    if not rules:
        return None
    try:
        with transaction.atomic():
            Scan.objects.filter(is_running=False, asked_at__lt=now - FORGOTTEN_AFTER).delete()
            return _start(rules, Scan.Why.DAILY if is_daily else Scan.Why.CHANGED, now=now)
    except IntegrityError:
        return None


def _start(rules: Iterable[Rule], why: Scan.Why, *, now: datetime, by: str = "") -> Scan:
    return Scan.objects.create(asked_at=now, why=why, asked_by=by, rules=[rule.id for rule in rules])


def _take_on(scan: Scan, *, now: datetime) -> bool:
    """The next rule of a scan; after the last one, its end. False where another worker is at it."""
    is_free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    as_known = Scan.objects.filter(is_free, pk=scan.pk, done=scan.done, is_running=True)
    if not as_known.update(leased_until=now + LEASE, tries=F("tries") + 1):
        return False
    if scan.done == scan.total:
        _finish(scan, now)
    else:
        _look_at(scan, BY_ID.get(scan.rules[scan.done]), now)
    return True


def _look_at(scan: Scan, rule: Rule | None, now: datetime) -> None:
    """No rule: an upgrade took it away meanwhile."""
    kept = Kept()
    if rule is not None:
        settings = settings_of(rule)
        found = _found_by(rule, settings, now) if scan.tries < TRIES else None
        if found is None:
            log.error("The alert %s could not be looked at; what it found before stays.", rule.id)
        else:
            kept = keep(rule, found, settings=settings, now=now)
        Look.objects.update_or_create(rule=rule.id, defaults={"at": now, "failed": found is None})
    Scan.objects.filter(pk=scan.pk, done=scan.done).update(
        done=F("done") + 1,
        tries=0,
        leased_until=None,
        found=F("found") + kept.found,
        mended=F("mended") + kept.mended,
    )


def _found_by(rule: Rule, settings: Settings, now: datetime) -> list[Found] | None:
    """Nothing at all if it cannot be asked: one rule must not stop the others."""
    try:
        return look(rule, settings, now=now)
    except Exception:  # whatever it is, it is a fault of this rule alone
        log.exception("The alert %s has a fault.", rule.id)
        return None


@transaction.atomic
def _finish(scan: Scan, now: datetime) -> None:
    """Those who are to hear of what is new hear of all of it together."""
    still = Scan.objects.select_for_update().filter(pk=scan.pk, is_running=True).first()
    if still is None or still.done < still.total:
        Scan.objects.filter(pk=scan.pk).update(leased_until=None)  # it was given more to do
        return
    Scan.objects.filter(pk=scan.pk).update(is_running=False, finished_at=now, leased_until=None)
    tell_found(still, now=now)
