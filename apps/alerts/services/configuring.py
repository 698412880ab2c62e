"""Setting an alert in one place: on or off, its mails, its thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.access_requests.asks import Actor
from apps.alerts.models import AlertSettings
from apps.alerts.policy.configuring import SettingFacts, can_configure, may_configure
from apps.alerts.policy.terms import Rule, Setting
from apps.alerts.selectors.configuring import InForce, as_plain, in_force
from apps.alerts.services.scanning import look_again
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party, Place
from apps.common.access import DIRECTORY_PATH, Provider
from apps.common.decision import Decision
from apps.common.errors import Conflict
from apps.common.once import first_of_two
from apps.roles.models import Resource
from apps.roles.services.locks import keep_in_use


class SettingsMoved(Conflict):
    """Somebody else was faster."""

    def __init__(self) -> None:
        super().__init__("Somebody changed these settings meanwhile. Look at what counts now.")


@transaction.atomic
def configure_alert(
    rule: Rule,
    provider: Provider,
    resource: Resource | None,
    *,
    wanted: Setting | None,
    version: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Set the alert on this resource and below or, without one, for all of the provider; `wanted` none: let
    what holds above count again. Answers whether that changes anything; if it does, the alert is looked at
    again. `version` is the one that was shown (`InForce.version`): raises `SettingsMoved` where another
    counts by now, `NotAllowed` with all refusals."""
    if resource is not None:
        keep_in_use(resource)
    change = _Change(in_force(rule, provider, resource), wanted, actor, now)
    change.decision.require()
    if version != change.present.version:
        raise SettingsMoved
    if change.is_none:
        return False
    _write(change)
    _record(change)
    look_again(rule, now=now)
    return True


# ---- Parts -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Change:
    """From what counts in a place to what is wanted there."""

    present: InForce
    wanted: Setting | None
    actor: Actor
    now: datetime

    @property
    def decision(self) -> Decision:
        present = self.present
        facts = SettingFacts(
            right=may_configure(self.actor.access, present.provider, present.path, present.place_name),
            rule=present.rule,
            wanted=self.wanted,
            factor=self.actor.second_factor,
            factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
            now=self.now,
        )
        return can_configure(facts)

    @property
    def is_none(self) -> bool:
        if self.wanted is None:
            return self.present.own is None
        return self.wanted == self.present.setting

    @property
    def after(self) -> Setting:
        return self.present.above if self.wanted is None else self.wanted

    @property
    def columns(self) -> dict[str, object]:
        return {
            "is_on": self.after.is_on,
            "tells": self.after.tells,
            "values": dict(self.after.values),
            "modified_at": self.now,
            "modified_by": self.actor.party.name,
        }

    @property
    def place(self) -> Place:
        """What counts for all of a provider lies where everything without a resource does."""
        resource = self.present.resource
        if resource is not None:
            return resource.place
        return Place(Provider.DIRECTORY, DIRECTORY_PATH, self.present.provider.label)


def _write(change: _Change) -> None:
    """The first of two wins, also where both set something here for the first time."""
    own = change.present.own
    if own is None:
        _create(change)
        return
    as_known = AlertSettings.objects.filter(pk=own.pk, modified_at=own.modified_at)
    changed = as_known.delete()[0] if change.wanted is None else as_known.update(**change.columns)
    if not changed:
        raise SettingsMoved


def _create(change: _Change) -> None:
    present = change.present
    of = {"rule": present.rule.id, "provider": present.provider, "resource": present.resource}
    with first_of_two(SettingsMoved()), transaction.atomic():
        AlertSettings.objects.create(**of, **change.columns)


def _record(change: _Change) -> None:
    rule, is_inherited = change.present.rule, change.wanted is None
    before, after = as_plain(change.present.setting), as_plain(change.after)
    record(
        AuditAction.ALERT_SETTINGS_CHANGED,
        actor=change.actor.party,
        at=change.now,
        target=Party("alert", rule.id, rule.name),
        place=change.place,
        details={"before": before, "after": after, "inherited": is_inherited},
    )
