"""Forms of the pages on groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from crispy_forms.layout import Field
from django import forms

from apps.accounts.web import ANYBODY, PEOPLE, ConfirmForm, PrincipalsField
from apps.assignments.models import Assignment
from apps.common.decision import Decision
from apps.common.text import is_blank, one_line
from apps.roles.built_in import GROUP_MEMBER, GROUP_OWNER
from apps.roles.policy.rules import DAYS_OFFERED, RoleRules

_NAME_LENGTH, _DESCRIPTION_LENGTH, _REASON_LENGTH = 120, 500, 500
_SEGMENTED = "components/segmented_field.html"
_REASON = "components/reason_field.html"
FOR_GOOD = "permanent"
_ROLES = {GROUP_MEMBER: "Member", GROUP_OWNER: "Owner"}


class GroupForm(ConfirmForm):
    """What a group is called and what it is for."""

    name = forms.CharField(
        max_length=_NAME_LENGTH,
        error_messages={"required": "Give a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    description = forms.CharField(
        max_length=_DESCRIPTION_LENGTH, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])


class NewGroupForm(GroupForm):
    """`may_hold_roles`: whether the person may create a group to which directory roles can be given."""

    is_managed = forms.BooleanField(
        label="Put under management",
        required=False,
        initial=True,
        help_text="People can be eligible for membership and ownership, and activate them when needed.",
    )
    is_role_assignable = forms.BooleanField(
        label="Directory roles can be assigned to this group",
        required=False,
        help_text="This cannot be changed later. Such a group holds no other groups.",
    )

    def __init__(self, *args: Any, may_hold_roles: Decision, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_hold_roles:
            field = self.fields["is_role_assignable"]
            field.disabled, field.help_text = True, may_hold_roles.reason


class ReasonForm(ConfirmForm):
    """Why, and the second factor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["justification"] = _justification()
        self.order_fields(("justification", "code"))

    def rows(self) -> list[Any]:
        return [Field("justification", template=_REASON)]


class AddPeopleForm(ConfirmForm):
    """Who becomes member or owner, how and until when, within the `rules` of both, which the door enforces.
    A group that is not under management knows only what is assigned for good: it is asked for neither.
    Cleaned: `people`, `role`; `kind` and `days` beside it."""

    def __init__(
        self,
        *args: Any,
        rules: Mapping[UUID, RoleRules],
        is_managed: bool,
        holds_groups: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._rules = rules
        self.fields["people"] = PrincipalsField(
            label="People and groups" if holds_groups else "People",
            pickable=ANYBODY if holds_groups else PEOPLE,
            missing="Pick at least one.",
        )
        self.fields["role"] = _choice("As", {str(id_): name for id_, name in _ROLES.items()})
        if is_managed:
            self.fields["kind"] = _choice("Assignment type", dict(Assignment.Kind.choices))
            self.fields["end"] = _choice("Ends after", _ends(rules.values()), initial="90")
            self.fields["end"].help_text = " ".join(_limits(_ROLES[id_], rules[id_]) for id_ in _ROLES)
        self.fields["justification"] = _justification()
        self.order_fields(("people", "role", "kind", "end", "justification", "code"))

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self._wants_reason() and is_blank(self.cleaned_data.get("justification", "")):
            self.add_error("justification", "Say why. The settings ask for it where a role is active.")
        return self.cleaned_data

    def _wants_reason(self) -> bool:
        role = self.cleaned_data.get("role")
        is_active = self.kind == Assignment.Kind.ACTIVE
        return bool(role) and is_active and self._rules[UUID(role)].active_requires_justification

    def rows(self) -> list[Any]:
        looks = {"role": _SEGMENTED, "kind": _SEGMENTED, "end": _SEGMENTED, "justification": _REASON}
        return [
            Field(name, template=looks[name]) if name in looks else Field(name)
            for name in self.fields
            if name != "code"
        ]

    @property
    def kind(self) -> Assignment.Kind:
        return Assignment.Kind(self.cleaned_data.get("kind", Assignment.Kind.ACTIVE))

    @property
    def days(self) -> int | None:
        """How long; None for good."""
        end = self.cleaned_data.get("end", FOR_GOOD)
        return None if end == FOR_GOOD else int(end)


def _ends(rules: Iterable[RoleRules]) -> dict[str, str]:
    ends = {str(days): "1 year" if days == 365 else f"{days} days" for days in DAYS_OFFERED}
    may_stay = any(each.permanent_eligible or each.permanent_active for each in rules)
    return ends | ({FOR_GOOD: "Permanent"} if may_stay else {})


def _limits(role: str, rules: RoleRules) -> str:
    return f"{role}: eligible {_longest(rules.permanent_eligible, rules.eligible_maximum_days)}, active " + (
        f"{_longest(rules.permanent_active, rules.active_maximum_days)}."
    )


def _longest(is_permanent: bool, days: int) -> str:
    return "also for good" if is_permanent else f"for at most {days} days"


def _choice(label: str, choices: dict[str, str], *, initial: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=list(choices.items()),
        initial=initial or next(iter(choices)),
        widget=forms.RadioSelect,
    )


def _justification() -> forms.CharField:
    return forms.CharField(
        label="Justification",
        required=False,
        max_length=_REASON_LENGTH,
        help_text="Those concerned and the audit log see it.",
        widget=forms.Textarea(attrs={"rows": 2, "data-count": _REASON_LENGTH}),
    )
