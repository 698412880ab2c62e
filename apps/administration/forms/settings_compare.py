"""Which two roles to compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from apps.common.web.forms import PortalForm
from apps.roles.models import RoleDefinition

DEFAULTS = "defaults"


class CompareForm(PortalForm):
    """Cleaned: `one` a role, `other` a role, or None for the defaults."""

    one = forms.ChoiceField(label="Role")
    other = forms.ChoiceField(label="Compare with")

    def __init__(self, *args: Any, roles: Sequence[RoleDefinition], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._roles = {str(role.pk): role for role in roles}
        names = [(id_, role.name) for id_, role in self._roles.items()]
        self.fields["one"].choices = names
        self.fields["other"].choices = [(DEFAULTS, "The defaults"), *names]

    def clean_one(self) -> RoleDefinition:
        return self._roles[self.cleaned_data["one"]]

    def clean_other(self) -> RoleDefinition | None:
        return self._roles.get(self.cleaned_data["other"])
