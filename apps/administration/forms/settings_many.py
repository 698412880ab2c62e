"""Which roles and places get settings, and which settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.accounts.web import PrincipalsField
from apps.administration.forms.settings_mails import CellKey, MailMatrix, addresses_field, addresses_in
from apps.administration.policy.settings_words import BY_NAME, DAYS_IN_WORDS, cell_name
from apps.common.spans import minutes_in_words
from apps.common.web.forms import PortalForm
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.plain import CELLS
from apps.roles.policy.rules import Authentication, Seat, SeatKind

MOST_TARGETS = 500
EVERYWHERE = "everywhere"
_WINDOWS = (30, 60, 4 * 60, 8 * 60, 24 * 60, 3 * 24 * 60, 7 * 24 * 60, 14 * 24 * 60)


class TargetsForm(PortalForm):
    """The roles, and the places where they are held. Cleaned: `roles` and `places`, a place None for
    "wherever nothing nearer is set"."""

    roles = forms.MultipleChoiceField(
        label="Roles",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one role."},
    )
    q = forms.CharField(label="Find places", required=False, max_length=100)
    places = forms.MultipleChoiceField(
        label="Where",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one place."},
    )

    def __init__(
        self,
        *args: Any,
        roles: Sequence[RoleDefinition],
        places: Sequence[Resource],
        may_everywhere: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._roles = {str(role.pk): role for role in roles}
        self._places: dict[str, Resource | None] = {EVERYWHERE: None} if may_everywhere else {}
        self._places |= {str(place.pk): place for place in places}
        self.fields["roles"].choices = [(id_, role.name) for id_, role in self._roles.items()]
        self.fields["places"].choices = [(id_, _place_label(place)) for id_, place in self._places.items()]
        self.has_places = list(self._places) != [EVERYWHERE]
        if not self.has_places:  # the directory has one place only
            del self.fields["q"], self.fields["places"]

    def clean_roles(self) -> list[RoleDefinition]:
        return [role for id_, role in self._roles.items() if id_ in self.cleaned_data["roles"]]

    def clean_places(self) -> list[Resource | None]:
        return [place for id_, place in self._places.items() if id_ in self.cleaned_data["places"]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned.setdefault("places", [] if self.has_places else [None])
        if len(cleaned.get("roles", ())) * len(cleaned["places"]) > MOST_TARGETS:
            raise ValidationError(f"At most {MOST_TARGETS} roles and places at a time.")
        return cleaned


def _place_label(place: Resource | None) -> str:
    if place is None:
        return "Wherever nothing nearer is set"
    return f"{place.name} ({place.kind})" if place.parent is None else f"{place.name} ({place.parent.name})"


# ---- Settings ----------------------------------------------------------------------------------------------

_YES_NO = [("yes", "Yes"), ("no", "No")]
_COERCE = {"yes": True, "no": False}
NOBODY = "none"  # instead of addresses: those that are there go


def _choice(name: str, choices: Iterable[tuple[Any, str]]) -> forms.TypedChoiceField:
    """One setting. What is left as it is comes out as None."""
    return forms.TypedChoiceField(
        label=BY_NAME[name].label,
        required=False,
        choices=[("", "Leave as it is"), *choices],
        coerce=lambda value: int(value) if value.isdecimal() else _COERCE.get(value, value),
        empty_value=None,
    )


def _yes_no(name: str) -> forms.TypedChoiceField:
    return _choice(name, _YES_NO)


def _days(name: str) -> forms.TypedChoiceField:
    return _choice(name, DAYS_IN_WORDS.items())


def _cell_fields(_: CellKey, about: str) -> dict[str, forms.Field]:
    return {
        "default": _small_choice(f"{about}, default recipients"),
        "critical": _small_choice(f"{about}, critical only"),
        "additional": addresses_field(about, "Leave as they are"),
    }


def _small_choice(label: str) -> forms.TypedChoiceField:
    """Yes, no, or None for what is left as it is."""
    return forms.TypedChoiceField(
        label=label,
        required=False,
        choices=[("", "Leave as it is"), *_YES_NO],
        coerce=_COERCE.__getitem__,
        empty_value=None,
        widget=forms.Select(attrs={"class": "form-select"}),
    )


def _cell(cleaned: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What is chosen of one cell, as columns of `Cell`."""
    addresses = cleaned.get(f"{name}_additional", "")
    given = {
        "default_recipients": cleaned.get(f"{name}_default"),
        "additional_recipients": () if addresses == NOBODY else addresses_in(addresses) or None,
        "critical_only": cleaned.get(f"{name}_critical"),
    }
    return {column: value for column, value in given.items() if value is not None}


class ManyForm(MailMatrix, TargetsForm):
    """`TargetsForm` with the settings they get. Cleaned: `values`, the chosen columns of `RoleRules`, and
    `cells`, those of its notification cells."""

    maximum_half_hours = _choice(
        "maximum_half_hours", [(half, minutes_in_words(half * 30)) for half in range(1, 49)]
    )
    authentication = _choice("authentication", Authentication.choices)
    authentication_context = forms.CharField(
        label=BY_NAME["authentication_context"].label, required=False, max_length=60
    )
    requires_justification = _yes_no("requires_justification")
    requires_ticket = _yes_no("requires_ticket")
    requires_approval = _yes_no("requires_approval")
    approval_window_minutes = _choice(
        "approval_window_minutes", [(minutes, minutes_in_words(minutes)) for minutes in _WINDOWS]
    )
    approver_justification = _yes_no("approver_justification")
    permanent_eligible = _yes_no("permanent_eligible")
    eligible_maximum_days = _days("eligible_maximum_days")
    permanent_active = _yes_no("permanent_active")
    active_maximum_days = _days("active_maximum_days")
    active_requires_mfa = _yes_no("active_requires_mfa")
    active_requires_justification = _yes_no("active_requires_justification")
    replace_approvers = forms.BooleanField(label="Replace the approvers by these", required=False)
    approvers = PrincipalsField(label="Approvers", required=False)
    manager = forms.BooleanField(label=SeatKind.MANAGER.label, required=False)
    resource_owners = forms.BooleanField(label=SeatKind.RESOURCE_OWNERS.label, required=False)

    # As they stand on the page.
    activation = (
        "maximum_half_hours",
        "authentication",
        "authentication_context",
        "requires_justification",
        "requires_ticket",
        "requires_approval",
        "approval_window_minutes",
        "approver_justification",
    )
    assignment = (
        "permanent_eligible",
        "eligible_maximum_days",
        "permanent_active",
        "active_maximum_days",
        "active_requires_mfa",
        "active_requires_justification",
    )
    seats = ("approvers", "manager", "resource_owners")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.has_places:
            del self.fields["resource_owners"]  # nobody owns the directory
        self.add_cells(_cell_fields)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        columns = [*self.activation, *self.assignment]
        values = {name: cleaned[name] for name in columns if cleaned.get(name) not in (None, "")}
        if cleaned.get("replace_approvers"):
            values["approvers"] = self._seats(cleaned)
        elif any(cleaned.get(name) for name in self.seats):
            self.add_error("replace_approvers", "Tick this, or name nobody.")
        cells = {key: given for key in CELLS if (given := _cell(cleaned, cell_name(*key)))}
        if not (values or cells or self.errors):
            raise ValidationError("Choose at least one setting.")
        return cleaned | {"values": values, "cells": cells}

    def _seats(self, cleaned: Mapping[str, Any]) -> tuple[Seat, ...]:
        named = (
            Seat(SeatKind.PRINCIPAL, principal.pk, principal.name, principal.is_group)
            for principal in cleaned.get("approvers") or ()
        )
        kinds = (SeatKind.MANAGER, SeatKind.RESOURCE_OWNERS)
        return (*named, *(Seat(kind, None, kind.label) for kind in kinds if cleaned.get(kind.value)))

    @property
    def activation_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.activation]

    @property
    def assignment_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.assignment]
