"""Write the rules of a role down, with their history. Who may do so is decided above."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.audit.vocabulary import NOWHERE, AuditAction, Party
from apps.roles.models import (
    Approver,
    NotificationCell,
    Resource,
    RoleDefinition,
    RoleSettings,
    SettingsChange,
)
from apps.roles.policy.plain import ACTIVATION, APPROVERS, ASSIGNMENT, CELLS, Plain, as_plain
from apps.roles.policy.rules import RoleRules
from apps.roles.selectors import settings_at

_COLUMNS = ("maximum_half_hours", *ACTIVATION.values(), *ASSIGNMENT.values())


@transaction.atomic
def save_settings(
    *, actor: Party, role: RoleDefinition, resource: Resource | None, rules: RoleRules, now: datetime
) -> RoleSettings:
    """Set all rules of a role, on one resource or (without) wherever nothing nearer is set.

    Raises `ValidationError` for a value out of range.
    """
    before = settings_at(role, resource)
    row = before.row or RoleSettings(role=role, resource=resource)
    for name in _COLUMNS:
        setattr(row, name, getattr(rules, name))
    row.modified_at, row.modified_by = now, actor.name
    row.full_clean()
    row.save()
    _replace_approvers(row, rules)
    _replace_cells(row, rules)
    _note(actor, role, resource, before.rules, was_own=before.is_own, now=now)
    return row


@transaction.atomic
def remove_settings(*, actor: Party, role: RoleDefinition, resource: Resource | None, now: datetime) -> None:
    """Set none here any more: what is inherited counts again."""
    before = settings_at(role, resource)
    if before.row is not None:
        before.row.delete()
        _note(actor, role, resource, before.rules, was_own=True, now=now)


def note_settings_change(
    *,
    actor: Party,
    role: RoleDefinition,
    resource: Resource | None,
    before: RoleRules,
    after: RoleRules,
    was_own: bool,
    is_own: bool,
    now: datetime,
) -> SettingsChange:
    """Put it into the history and the log that other rules are in force here, whatever changed them."""
    plain = as_plain(before), as_plain(after)
    audit.record(
        AuditAction.SETTINGS_CHANGED,
        actor=actor,
        at=now,
        role=role.name,
        place=resource.place if resource else NOWHERE,
        details={"changes": _changes(*plain), "own": [was_own, is_own]},
    )
    return SettingsChange.objects.create(
        role=role,
        resource=resource,
        at=now,
        by_id=actor.id,
        by_name=actor.name,
        before=plain[0],
        after=plain[1],
        was_own=was_own,
        is_own=is_own,
    )


def _note(
    actor: Party,
    role: RoleDefinition,
    resource: Resource | None,
    before: RoleRules,
    *,
    was_own: bool,
    now: datetime,
) -> None:
    after = settings_at(role, resource)
    note_settings_change(
        actor=actor,
        role=role,
        resource=resource,
        before=before,
        after=after.rules,
        was_own=was_own,
        is_own=after.is_own,
        now=now,
    )


def _replace_approvers(row: RoleSettings, rules: RoleRules) -> None:
    row.approvers.all().delete()
    Approver.objects.bulk_create(
        Approver(settings=row, kind=seat.kind, principal_id=seat.principal_id) for seat in rules.approvers
    )


def _replace_cells(row: RoleSettings, rules: RoleRules) -> None:
    row.cells.all().delete()
    NotificationCell.objects.bulk_create(
        NotificationCell(
            settings=row,
            case=case,
            audience=audience,
            default_recipients=cell.default_recipients,
            additional_recipients=";".join(cell.additional_recipients),
            critical_only=cell.critical_only,
        )
        for case, audience in CELLS
        if (cell := rules.cells.get((case, audience)))
    )


def _changes(before: Plain, after: Plain) -> dict[str, list[object]]:
    """Value by value: {"activation.ticket": [before, after]}."""
    old, new = _flat(before), _flat(after)
    return {name: [old[name], new[name]] for name in new if old[name] != new[name]}


def _flat(plain: Plain) -> dict[str, object]:
    flat = {
        f"{part}.{name}": value
        for part in ("activation", "assignment")
        for name, value in plain[part].items()
    }
    flat[f"activation.{APPROVERS}"] = [
        seat.get("name") or seat["kind"] for seat in plain["activation"][APPROVERS]
    ]
    for case, cells in plain["notification"].items():
        flat |= {f"notification.{case}.{audience}": cell for audience, cell in cells.items()}
    return flat
