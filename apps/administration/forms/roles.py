"""The form of a custom role."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from crispy_forms.layout import Field
from django import forms

from apps.accounts.web import ConfirmForm
from apps.administration.policy.roles import Granted
from apps.common.access import Permission, Provider
from apps.common.text import one_line

_NAME_LENGTH, _TEXT_LENGTH, _ENFORCER_LENGTH = 120, 500, 200
_SEPARATOR = ":"
FACTS = ("description", "link", "usage", "enforced_by")


@dataclass(frozen=True)
class Box:
    """One permission to tick. What somebody does not hold they cannot put in, nor take out here."""

    value: str
    label: str
    is_ticked: bool
    is_offered: bool


class RoleForm(ConfirmForm):
    """What a role is called, what it gives in the portal, where it is used and who enforces it.

    `reached` are the providers in which it can give something, `offered` the permissions that its maker holds
    there, `kept` those that are in it already and stay, whoever changes it. Cleaned: `granted`.
    """

    name = forms.CharField(max_length=_NAME_LENGTH, error_messages={"required": "Give a name."})
    description = forms.CharField(
        max_length=_TEXT_LENGTH, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    link = forms.URLField(
        label="Link",
        required=False,
        assume_scheme="https",
        help_text="Where the role is used, for those who have activated it.",
        error_messages={"invalid": "Give a whole address, such as https://portal.example.com."},
    )
    usage = forms.CharField(
        label="How to use it",
        max_length=_TEXT_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    enforced_by = forms.CharField(
        label="Enforced by",
        max_length=_ENFORCER_LENGTH,
        required=False,
        help_text="Who applies it by hand. Empty: this portal.",
    )
    permissions = forms.MultipleChoiceField(label="What it gives in this portal", required=False)

    def __init__(
        self,
        *args: Any,
        reached: Iterable[Provider],
        offered: Collection[tuple[Provider, Permission]],
        kept: Granted = frozenset(),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._reached, self._offered, self._kept = tuple(reached), frozenset(offered), kept
        self.fields["permissions"].choices = [
            (_value(provider, permission), permission.label)
            for provider in self._reached
            for permission in Permission
        ]

    def rows(self) -> list[Any]:
        plain = [Field(name) for name in ("name", *FACTS)]
        return [*plain, Field("permissions", template="administration/_permissions_field.html")]

    @property
    def boxes(self) -> list[tuple[str, list[Box]]]:
        """The permissions to tick, by provider."""
        ticked = set(self["permissions"].value() or ())
        return [
            (provider.label, [self._box(provider, permission, ticked) for permission in Permission])
            for provider in self._reached
        ]

    @property
    def granted(self) -> Granted:
        """What is ticked, and what is in it already and not theirs to take out."""
        ticked = {_pair(value) for value in self.cleaned_data["permissions"]}
        return frozenset(ticked | (self._kept - self._offered))

    @property
    def facts(self) -> dict[str, str]:
        facts = {name: self.cleaned_data[name] for name in FACTS}
        return facts | {"name": one_line(self.cleaned_data["name"])}

    def _box(self, provider: Provider, permission: Permission, ticked: Collection[str]) -> Box:
        value, is_offered = _value(provider, permission), (provider, permission) in self._offered
        is_ticked = value in ticked if is_offered else (provider, permission) in self._kept
        return Box(value, permission.label, is_ticked, is_offered)


def values_of(granted: Granted) -> list[str]:
    """The permissions of a role, as this form names them."""
    return [_value(*pair) for pair in granted]


def _value(provider: Provider, permission: Permission) -> str:
    return f"{provider}{_SEPARATOR}{permission}"


def _pair(value: str) -> tuple[Provider, Permission]:
    provider, _, permission = value.partition(_SEPARATOR)
    return Provider(provider), Permission(permission)
