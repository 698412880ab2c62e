"""The form of role settings: everything of the three tabs at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from apps.accounts.models import Principal
from apps.accounts.web import ConfirmForm, Pickable, PrincipalsField
from apps.administration.forms.settings_mails import CellKey, MailMatrix, addresses_field, addresses_in
from apps.administration.policy.settings_words import DAYS_IN_WORDS, Tab, cell_name
from apps.common.access import Provider
from apps.common.spans import minutes_in_words
from apps.roles.policy.plain import CELLS
from apps.roles.policy.rules import Audience, Authentication, Cell, NoticeCase, RoleRules, Seat, SeatKind

_WINDOWS = (30, 60, 120, 240, 480, 720, 1440, 2880, 4320, 10080, 20160)
_ACTIVATION = (
    "maximum_half_hours",
    "authentication",
    "authentication_context",
    "requires_justification",
    "requires_ticket",
    "requires_approval",
    "approvers",
    "approver_manager",
    "approver_owners",
    "approval_window_minutes",
    "approver_justification",
)
_ASSIGNMENT = (
    "permanent_eligible",
    "eligible_maximum_days",
    "permanent_active",
    "active_maximum_days",
    "active_requires_mfa",
    "active_requires_justification",
)
_PLAIN = (
    "requires_justification",
    "requires_ticket",
    "requires_approval",
    "approver_justification",
    "permanent_eligible",
    "permanent_active",
    "active_requires_mfa",
    "active_requires_justification",
    "authentication",
    "authentication_context",
)
_NUMBERS = ("maximum_half_hours", "approval_window_minutes", "eligible_maximum_days", "active_maximum_days")


def _choice(label: str, choices: list[tuple[int, str]], help_text: str = "") -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, help_text=help_text)


def _box(label: str, help_text: str = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


def _check(label: str, initial: bool) -> forms.BooleanField:
    widget = forms.CheckboxInput(attrs={"class": "form-check-input"})
    return forms.BooleanField(label=label, required=False, initial=initial, widget=widget)


def _days(label: str, help_text: str) -> forms.TypedChoiceField:
    return _choice(label, list(DAYS_IN_WORDS.items()), help_text)


class SettingsForm(MailMatrix, ConfirmForm):
    """All rules of one role, filled with those in force. `rules` is what was typed, as a value."""

    has_preview = True

    maximum_half_hours = _choice(
        "Activation maximum duration", [(count, minutes_in_words(count * 30)) for count in range(1, 49)]
    )
    authentication = forms.ChoiceField(
        label="On activation, require",
        choices=Authentication.choices,
        help_text="MFA is at most 5 minutes old. MFA each time asks for a code with every activation.",
    )
    authentication_context = forms.CharField(
        label="Authentication context",
        required=False,
        max_length=60,
        help_text="Its label, such as c1. Used with “Authentication context” only.",
    )
    requires_justification = _box("Require justification on activation")
    requires_ticket = _box("Require ticket information on activation")
    requires_approval = _box("Require approval to activate")
    approvers = PrincipalsField(label="Approvers", required=False)
    approver_manager = _box("The requester's manager")
    approver_owners = _box("The resource's owners")
    approval_window_minutes = _choice(
        "Approval times out after", [(minutes, minutes_in_words(minutes)) for minutes in _WINDOWS]
    )
    approver_justification = _box("Require justification of the approver")
    permanent_eligible = _box("Allow permanent eligible assignment")
    eligible_maximum_days = _days(
        "Expire eligible assignments after", "The longest that an eligible assignment lasts."
    )
    permanent_active = _box("Allow permanent active assignment")
    active_maximum_days = _days(
        "Expire active assignments after", "The longest that an active assignment lasts."
    )
    active_requires_mfa = _box("Require MFA on active assignment", "Of the admin who assigns.")
    active_requires_justification = _box("Require justification on active assignment")

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, provider: Provider, rules: RoleRules, **kwargs: Any
    ) -> None:
        super().__init__(data, initial=_initial(rules), **kwargs)
        self.provider, self.given = provider, rules
        self._fit_to_provider()
        self._offer_present_window()
        self.add_cells(self._cell_fields)
        self.order_fields([name for name in self.fields if name != "code"])

    @property
    def rules(self) -> RoleRules:
        """What was typed. Raises `KeyError` for a form that is not valid."""
        given = self.cleaned_data
        values = {name: given[name] for name in (*_PLAIN, *_NUMBERS)}
        if values["authentication"] != Authentication.CONTEXT:
            values["authentication_context"] = ""
        return RoleRules(**values, approvers=self._seats(), cells=dict(self._cells()))

    @property
    def parts(self) -> list[tuple[Tab, list[forms.BoundField]]]:
        """The fields of the first two tabs, in their order."""
        return [
            (tab, [self[name] for name in names if name in self.fields])
            for tab, names in ((Tab.ACTIVATION, _ACTIVATION), (Tab.ASSIGNMENT, _ASSIGNMENT))
        ]

    def clean_authentication_context(self) -> str:
        return self.cleaned_data["authentication_context"].strip()

    def _fit_to_provider(self) -> None:
        is_directory = self.provider == Provider.DIRECTORY
        pickable = Pickable(role_assignable_only=is_directory, disabled_too=True)
        help_text = "Two people who can be reached, or one who is not eligible."
        if is_directory:
            help_text += (
                " Nobody named means Global Administrators and Privileged Role Administrators. Groups are "
                "role-assignable."
            )
            del self.fields["approver_owners"]
        self.fields["approvers"] = PrincipalsField(
            label="Approvers", required=False, pickable=pickable, help_text=help_text
        )

    def _offer_present_window(self) -> None:
        """A length that was set by another way stays choosable."""
        field, minutes = self.fields["approval_window_minutes"], self.given.approval_window_minutes
        if minutes not in _WINDOWS:
            field.choices = sorted([*field.choices, (minutes, minutes_in_words(minutes))])

    def _cell_fields(self, key: CellKey, about: str) -> dict[str, forms.Field]:
        cell = self.given.cell(*key)
        return {
            "default": _check(f"{about}, default recipients", cell.default_recipients),
            "critical": _check(f"{about}, critical only", cell.critical_only),
            "additional": addresses_field(about, "None", initial="; ".join(cell.additional_recipients)),
        }

    def _seats(self) -> tuple[Seat, ...]:
        seats = [_seat(principal) for principal in self.cleaned_data["approvers"]]
        for name, kind in (
            ("approver_manager", SeatKind.MANAGER),
            ("approver_owners", SeatKind.RESOURCE_OWNERS),
        ):
            if self.cleaned_data.get(name):
                seats.append(Seat(kind, None, kind.label))
        return tuple(seats)

    def _cells(self) -> list[tuple[tuple[NoticeCase, Audience], Cell]]:
        """Those that say something else than the default."""
        cells = [((case, audience), self._cell(cell_name(case, audience))) for case, audience in CELLS]
        return [(key, cell) for key, cell in cells if cell != Cell()]

    def _cell(self, name: str) -> Cell:
        given = self.cleaned_data
        addresses = addresses_in(given.get(f"{name}_additional", ""))
        return Cell(given[f"{name}_default"], addresses, given[f"{name}_critical"])


def _initial(rules: RoleRules) -> dict[str, Any]:
    kinds = {seat.kind for seat in rules.approvers}
    return {name: getattr(rules, name) for name in (*_PLAIN, *_NUMBERS)} | {
        "approvers": [seat.principal_id for seat in rules.approvers if seat.principal_id],
        "approver_manager": SeatKind.MANAGER in kinds,
        "approver_owners": SeatKind.RESOURCE_OWNERS in kinds,
    }


def _seat(principal: Principal) -> Seat:
    return Seat(SeatKind.PRINCIPAL, principal.id, principal.name, principal.is_group)
