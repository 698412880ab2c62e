"""The first step of adding assignments: which role, on what, for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from apps.accounts.web import Pickable, PrincipalsField
from apps.common.web.forms import PortalForm
from apps.roles.models import Resource, RoleDefinition

_GONE = {"invalid_choice": "Pick one of the list."}


class MembershipForm(PortalForm):
    """`roles` and `resources` are what there is to choose from; with one resource only it is not asked for.
    Cleaned: `role`, `resource`, `principals`."""

    def __init__(
        self,
        *args: Any,
        roles: Sequence[RoleDefinition],
        resources: Sequence[Resource],
        pickable: Pickable,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._roles = {str(role.id): role for role in roles}
        self._resources = {str(resource.id): resource for resource in resources}
        self.fields["role"] = forms.TypedChoiceField(
            label="Role",
            choices=[("", "Choose a role"), *((id_, role.name) for id_, role in self._roles.items())],
            coerce=self._roles.get,
            error_messages=_GONE | {"required": "Choose a role."},
        )
        self.fields["resource"] = forms.TypedChoiceField(
            label="Scope",
            choices=[(id_, _indented(resource)) for id_, resource in self._resources.items()],
            coerce=self._resources.get,
            error_messages=_GONE | {"required": "Choose where."},
            help_text="The role is held there and on everything below.",
            widget=forms.Select if len(resources) > 1 else forms.HiddenInput,
        )
        if len(resources) == 1:
            self.initial["resource"] = str(resources[0].id)
        self.fields["principals"] = PrincipalsField(
            label="People and groups",
            pickable=pickable,
            missing="Pick at least one person or group.",
            help_text="Each gets an assignment of their own.",
        )


def _indented(resource: Resource) -> str:
    return "\u2003" * (len(resource.ancestor_ids) - 1) + f"{resource.name} ({resource.kind})"
