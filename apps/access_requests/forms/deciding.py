"""What a person fills in to decide on a request, or to cancel one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms
from django.core.exceptions import ValidationError

from apps.access_requests.forms.fields import ORDER, OUT_OF_DATE, REASON, JustificationField
from apps.accounts.web import StepUpForm


class DecisionField(forms.ChoiceField):
    """Approve or deny, as the pressed button says."""

    def __init__(self) -> None:
        missing = "Choose Approve or Deny."
        super().__init__(
            label="Decision",
            choices=[("approve", "Approve"), ("deny", "Deny")],
            error_messages={"required": missing, "invalid_choice": missing},
        )


class AnswerForm(StepUpForm):
    """What an answer to somebody's request asks for. `reader` is who reads the reason."""

    hidden: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, *args: Any, wants_reason: bool = True, reader: str = "The requester", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ask_why(wants_reason=wants_reason, reader=reader)
        self.order_fields(ORDER)

    def ask_why(self, *, wants_reason: bool, reader: str) -> None:
        self.fields["justification"] = JustificationField(
            label="Your reason",
            help_text=f"{reader} and the audit log see it.",
            missing="Say what your decision rests on.",
            required=wants_reason,
            rows=2,
        )

    @property
    def helper(self) -> FormHelper:
        """Without a choice: that is the two buttons, and the template's."""
        helper = super().helper
        code = [Field("code", wrapper_class="code-field")] if "code" in self.fields else []
        helper.layout = Layout(*self.hidden, Field("justification", template=REASON), *code)
        return helper


class DecisionForm(AnswerForm):
    """What deciding one and deciding many have in common."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"] = DecisionField()


class DecideForm(DecisionForm):
    """One decision, on exactly what `digest` stands for. Cleaned: `choice`, `justification`, `digest`."""

    hidden = ("digest",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["digest"] = forms.CharField(
            max_length=64, widget=forms.HiddenInput, error_messages={"required": OUT_OF_DATE}
        )


class CancelForm(AnswerForm):
    """Cancel a request; somebody else's with a fresh second factor. Cleaned: `justification`."""


class DecideManyForm(DecisionForm):
    """One decision on several requests. `seen` names each by id, with the digest of what was shown.

    The list posts picks alone; without `seen` the form comes back unbound, so that the page can show what is
    about to be decided. Cleaned: `choice`, `justification`, `seen` (digest by request id).
    """

    hidden = ("seen",)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, seen: Mapping[UUID, str], **kwargs: Any
    ) -> None:
        super().__init__(data if data is not None and "seen" in data else None, **kwargs)
        self.fields["seen"] = forms.Field(
            initial=[f"{id_}:{digest}" for id_, digest in seen.items()],
            widget=forms.MultipleHiddenInput,
            error_messages={"required": "Pick the requests to decide."},
        )

    def clean_seen(self) -> dict[UUID, str]:
        try:
            pairs = (pair.split(":", 1) for pair in self.cleaned_data["seen"])
            seen = {UUID(id_): digest[:64] for id_, digest in pairs}
        except ValueError:
            seen = {}
        if not seen or not all(seen.values()):
            raise ValidationError(OUT_OF_DATE)
        return seen
