"""The form field with which people and groups are picked. It works without script: a press on Search fills in
what is found, and nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.http import urlencode

from apps.accounts.models import Principal
from apps.accounts.pickers import ANYBODY, PICKED_AT_MOST, Pickable, find_principals
from apps.common.lookup import as_ids
from apps.common.web.searching import words_in


@dataclass(frozen=True)
class Typed:
    """What stands in the field: who is ticked, and what is searched for."""

    ids: Sequence[str] = ()
    q: str = ""

    @classmethod
    def of(cls, value: Any) -> Typed:
        """From what a form was given to begin with: nothing, one principal or id, or several."""
        if isinstance(value, cls):
            return value
        values = value if isinstance(value, list | tuple | set) else [value]
        return cls([str(getattr(one, "pk", one)) for one in values if one])


class PrincipalsInput(forms.Widget):
    template_name = "components/principals_field.html"

    def __init__(self, pickable: Pickable, *, many: bool) -> None:
        super().__init__()
        self.pickable, self.many = pickable, many

    def value_from_datadict(self, data: Mapping[str, Any], _files: Any, name: str) -> Typed:
        ids = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        q = words_in(data, f"{name}_q")
        return Typed(ids if isinstance(ids, list) else [ids], q)

    def value_omitted_from_data(self, *_: Any) -> bool:
        return False  # nobody ticked sends nothing

    def format_value(self, value: Any) -> Typed:
        return Typed.of(value)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        typed = Typed.of(value)
        return context | {
            "name": name,
            "many": self.many,
            "found": find_principals(self.pickable, typed.q, as_ids(typed.ids)),
            "asks": f"{reverse('accounts:find_principals')}?{urlencode(self._asks(name), doseq=True)}",
            "people_only": self.pickable.kinds == {Principal.Kind.USER},
            "groups_only": self.pickable.kinds == {Principal.Kind.GROUP},
        }

    def _asks(self, name: str) -> dict[str, Any]:
        """What the address says about this field, so that what is found as one types is the same."""
        flags = {"assignable": self.pickable.role_assignable_only, "disabled": self.pickable.disabled_too}
        asks = {"name": name, "kind": sorted(self.pickable.kinds), "many": int(self.many)}
        return asks | {flag: 1 for flag, is_set in flags.items() if is_set}


class PrincipalsField(forms.Field):
    """People and groups, searched for as one types. Cleaned: the list of `Principal`, by name, with `user`
    and `group` loaded; at most 200."""

    def __init__(
        self, *, pickable: Pickable = ANYBODY, missing: str = "Pick at least one.", **kwargs: Any
    ) -> None:
        self.pickable = pickable
        kwargs.setdefault("error_messages", {"required": missing})
        super().__init__(widget=PrincipalsInput(pickable, many=True), **kwargs)

    def to_python(self, value: Any) -> list[Principal]:
        ids = set(Typed.of(value).ids)
        if len(ids) > PICKED_AT_MOST:
            raise ValidationError(f"Pick at most {PICKED_AT_MOST} at a time.")
        rows = list(self.pickable.rows().filter(pk__in=as_ids(ids))) if ids else []
        if len(rows) != len(ids):
            raise ValidationError("Somebody you picked cannot be picked any more. Pick again.")
        return rows

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(Typed.of(initial).ids) != set(Typed.of(data).ids)


class PrincipalField(PrincipalsField):
    """One person or group. Cleaned: a `Principal`, or None where that is allowed."""

    def __init__(self, *, pickable: Pickable = ANYBODY, missing: str = "Pick one.", **kwargs: Any) -> None:
        super().__init__(pickable=pickable, missing=missing, **kwargs)
        self.widget.many = False

    def clean(self, value: Any) -> Principal | None:
        rows = super().clean(value)
        if len(rows) > 1:
            raise ValidationError("Pick one only.")
        return rows[0] if rows else None
