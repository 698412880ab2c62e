"""The form of the history of access reviews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from apps.common.access import Access, Provider
from apps.common.web.periods import PeriodForm
from apps.reviews.selectors.exports import Report, reviews_of
from apps.reviews.states import Answer


def _several(label: str, choices: list[tuple[str, str]]) -> forms.MultipleChoiceField:
    boxes = forms.CheckboxSelectMultiple
    return forms.MultipleChoiceField(label=label, required=False, choices=choices, widget=boxes)


class ReportForm(PeriodForm):
    """A period, and what is wanted of it; what stays empty leaves nothing out."""

    providers = _several("Providers", Provider.choices)
    answers = _several("Results", [(answer.value, answer.past) for answer in Answer])
    reviews = forms.ModelMultipleChoiceField(
        None, label="Access reviews", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Mapping[str, Any], *, access: Access, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["reviews"].queryset = reviews_of(access)

    def report(self) -> Report:
        """What was chosen: instants instead of days."""
        given = self.cleaned_data
        since, until = self.instants()
        return Report(
            since=since,
            until=until,
            providers=tuple(given["providers"]),
            answers=tuple(given["answers"]),
            reviews=tuple(review.pk for review in given["reviews"]),
        )
