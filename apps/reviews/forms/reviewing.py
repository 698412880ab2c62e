"""What a reviewer fills in: a code to begin with, then an answer on one line or on many."""

from __future__ import annotations

from uuid import UUID

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms
from django.core.exceptions import ValidationError

from apps.accounts.web import StepUpForm
from apps.common.paging import PAGE_SIZE
from apps.common.web.forms import PortalForm
from apps.reviews.policy.answering import LONGEST_REASON
from apps.reviews.states import Answer

ANSWERS = (Answer.APPROVE, Answer.DENY, Answer.DONT_KNOW)
_CHOOSE = "Choose Approve, Deny or Don’t know."
_OUT_OF_DATE = "This page is out of date. Open it again."
_MOST_CHANGES = 1_000_000  # of one answer: any number that a page of ours ever shows


class StartForm(StepUpForm):
    """Confirm that it is you, once for a round and session. Asks for a code where none is fresh."""

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        code = [Field("code", wrapper_class="code-field")] if "code" in self.fields else []
        helper.layout = Layout(*code)
        return helper


class _SayingForm(PortalForm):
    """Cleaned: `answer`, as the pressed button says, and `reason`."""

    answer = forms.TypedChoiceField(
        choices=[(str(answer), answer.label) for answer in ANSWERS],
        coerce=Answer,
        error_messages={"required": _CHOOSE, "invalid_choice": _CHOOSE},
    )
    reason = forms.CharField(
        required=False,
        max_length=LONGEST_REASON,
        error_messages={
            "max_length": "Shorten the reason to %(limit_value)d characters; it has %(show_value)d."
        },
    )


class AnswerForm(_SayingForm):
    """On one line. Cleaned besides: `seen`, the version of the answer that was shown."""

    seen = forms.IntegerField(
        min_value=0,
        max_value=_MOST_CHANGES,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), _OUT_OF_DATE),
    )


class AnswerManyForm(_SayingForm):
    """The same on many. Cleaned besides: `pick`, the version that was shown by the id of its line."""

    pick = forms.Field(widget=forms.SelectMultiple, error_messages={"required": "Tick at least one line."})

    def clean_pick(self) -> dict[UUID, int]:
        try:
            pairs = (pair.split(":", 1) for pair in self.cleaned_data["pick"])
            picked = {UUID(id_): int(version) for id_, version in pairs}
        except ValueError:
            raise ValidationError(_OUT_OF_DATE) from None
        if len(picked) > PAGE_SIZE or not all(0 <= version <= _MOST_CHANGES for version in picked.values()):
            raise ValidationError(_OUT_OF_DATE)
        return picked


class FollowForm(PortalForm):
    """Follow the recommendations that `digest` stands for."""

    digest = forms.CharField(
        max_length=64, widget=forms.HiddenInput, error_messages={"required": _OUT_OF_DATE}
    )
