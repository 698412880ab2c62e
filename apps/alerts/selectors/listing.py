"""All alerts, each with how much it has found where its reader looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from apps.alerts.models import Finding, FindingQuerySet, Look, Scan
from apps.alerts.policy.catalogue import BY_ID, RULES
from apps.alerts.policy.terms import Rule, Severity
from apps.alerts.selectors.configuring import InForce
from apps.alerts.selectors.settings import settings_of_many
from apps.audit.vocabulary import Place
from apps.common.access import Access, Permission, Provider
from apps.common.prepared import Statement, prepared_part

Counts = Mapping[tuple[str, str], int]  # by rule and provider


@dataclass(frozen=True)
class Spot:
    """What an alert has found in one provider, or below one resource of it."""

    provider: Provider
    open: int
    dismissed: int
    is_on: bool


@dataclass(frozen=True)
class Line:
    """One alert of the list. `look` is the last one at anything, by whoever asked for it."""

    rule: Rule
    spots: Sequence[Spot]
    look: Look | None

    @property
    def open(self) -> int:
        return sum(spot.open for spot in self.spots)

    @property
    def dismissed(self) -> int:
        return sum(spot.dismissed for spot in self.spots)

    @property
    def shown(self) -> list[Spot]:
        """Those that have something to say."""
        return [spot for spot in self.spots if spot.open or not spot.is_on]

    @property
    def is_off(self) -> bool:
        """Turned off wherever its reader looks; further down it may be on."""
        return not any(spot.is_on for spot in self.spots)

    @property
    def has_failed(self) -> bool:
        return self.look is not None and self.look.failed

    @property
    def says_something(self) -> bool:
        return bool(self.open) or self.has_failed

    @property
    def where(self) -> Provider:
        """Where its name leads to: to what it has found."""
        return max(self.spots, key=lambda spot: (spot.open, spot.dismissed)).provider


@dataclass(frozen=True)
class Found:
    """The alerts of a page, worst first: those that say something, and those that do not."""

    loud: Sequence[Line]
    quiet: Sequence[Line]
    last: LastScan | None


@dataclass(frozen=True)
class LastScan:
    """The scan that runs or, if none does, the last one that was finished; and what it has changed of what
    its reader sees."""

    scan: Scan
    new: int
    mended: int


@dataclass(frozen=True)
class Open:
    """How many alerts of one severity are triggered, and by how many findings."""

    alerts: int = 0
    findings: int = 0


def alerts_for(access: Access, provider: str = "", path: str = "", *, now: datetime) -> Found:
    """All alerts that look where `access` may see them: everywhere, in one provider, or on the resource with
    this path and below. A fixed number of queries."""
    here = _here(access, provider, path)
    opened, dismissed = _counted(here.open(now)), _counted(here.dismissed(now))
    providers = _providers(access, provider)
    rules = [rule for rule in RULES if providers & set(rule.providers)]
    settings, looks = settings_of_many(rules), Look.objects.in_bulk([rule.id for rule in rules])

    def spot(rule: Rule, each: Provider) -> Spot:
        key, place = (rule.id, each), Place(each, path, "")
        return Spot(each, opened.get(key, 0), dismissed.get(key, 0), settings[rule.id].at(place).is_on)

    lines = [
        Line(rule, [spot(rule, each) for each in rule.providers if each in providers], looks.get(rule.id))
        for rule in rules
    ]
    return Found(
        _worst_first(line for line in lines if line.says_something),
        _worst_first(line for line in lines if not line.says_something),
        _last_scan(here),
    )


def last_scan_for(access: Access, provider: str = "", path: str = "") -> LastScan | None:
    return _last_scan(_here(access, provider, path))


def open_by_severity(
    access: Access, provider: str = "", path: str = "", *, now: datetime
) -> dict[Severity, Open]:
    """How many alerts are triggered here, for each severity, worst first; those without any stand there with
    0. One query."""
    counts = _counted(_here(access, provider, path).open(now))
    findings: dict[Rule, int] = {}
    for (id_, _provider), count in counts.items():
        if rule := BY_ID.get(id_):
            findings[rule] = findings.get(rule, 0) + count
    return {
        severity: Open(
            sum(rule.severity == severity for rule in findings),
            sum(count for rule, count in findings.items() if rule.severity == severity),
        )
        for severity in Severity
    }


def triggered(access: Access, *, now: datetime) -> Statement:
    """The alerts that have found something that `access` may see. It is counted on every page, so of each
    alert it looks for one finding and counts none."""
    return _triggered(access.narrowed_to(Permission.ALERTS_READ), now)


@prepared_part
def _triggered(access: Access, now: datetime) -> QuerySet[Look]:
    if not access.grants:
        return Look.objects.none()
    found = Finding.objects.visible_to(access).open(now).filter(rule=OuterRef("rule"))
    return Look.objects.filter(Exists(found), rule__in=BY_ID)


def count_open(access: Access, present: InForce, *, now: datetime) -> int:
    """How many findings of an alert are open where it is set like this. One query."""
    return _here(access, present.provider, present.path).of(present.rule.id).open(now).count()


# ---- Parts -------------------------------------------------------------------------------------------------


def _here(access: Access, provider: str, path: str) -> FindingQuerySet:
    return Finding.objects.visible_to(access).within(provider, path)


def _providers(access: Access, provider: str) -> set[Provider]:
    if provider:
        return {Provider(provider)}
    return {each for each, _path in access.scopes(Permission.ALERTS_READ)}


def _last_scan(here: FindingQuerySet) -> LastScan | None:
    """With what it has changed of the findings `here`."""
    scan = Scan.objects.order_by("-is_running", "-asked_at").first()
    if scan is None:
        return None
    new, mended = Q(found_at__gte=scan.asked_at), Q(mended_at__gte=scan.asked_at)
    changed = here.aggregate(new=Count("pk", filter=new), mended=Count("pk", filter=mended))
    return LastScan(scan, changed["new"], changed["mended"])


def _counted(rows: FindingQuerySet) -> Counts:
    counts = rows.order_by().values_list("rule", "provider").annotate(count=Count("pk"))
    return {(rule, provider): count for rule, provider, count in counts}


def _worst_first(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: line.rule.badness)
