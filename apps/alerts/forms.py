"""Forms of alerts."""

from __future__ import annotations

from typing import Any

from crispy_forms.layout import Field
from django import forms

from apps.access_requests.web import REASON, JustificationField
from apps.accounts.web import ConfirmForm
from apps.alerts.policy.dismissing import DAYS
from apps.alerts.policy.terms import Setting, Threshold
from apps.alerts.selectors.configuring import InForce
from apps.common.text import is_blank

_FOR_GOOD = "0"


class DismissForm(ConfirmForm):
    """Why what was found does not count, and for how long."""

    days = forms.TypedChoiceField(
        label="Until when",
        choices=[*((str(days), f"{days} days") for days in DAYS), (_FOR_GOOD, "Until taken back")],
        coerce=int,
        initial="30",
        help_text="Then it counts again by itself.",
        error_messages={"required": "Choose until when.", "invalid_choice": "Choose one of these."},
    )
    why = JustificationField(
        label="Reason",
        help_text="The audit log keeps it, and everybody who sees this alert reads it.",
        missing="Say why.",
        required=True,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(("days", "why", "code"))

    def clean_why(self) -> str:
        why: str = self.cleaned_data["why"]
        if is_blank(why):
            raise forms.ValidationError("Say why.")
        return why

    def rows(self) -> list[Any]:
        return [Field("days"), Field("why", template=REASON)]


class SettingsForm(ConfirmForm):
    """Whether an alert looks here, whom it mails, and its thresholds. `loses` says what is no longer seen
    once it is turned off."""

    is_on = forms.BooleanField(label="Look for this", required=False)
    tells = forms.BooleanField(
        label="Mail administrators",
        required=False,
        help_text="Once for all that a scan has newly found. What is found stands here either way.",
    )

    def __init__(self, *args: Any, present: InForce, loses: str, **kwargs: Any) -> None:
        setting = present.setting
        initial = {"is_on": setting.is_on, "tells": setting.tells, **setting.values}
        super().__init__(*args, initial=initial, **kwargs)
        self._thresholds = present.rule.thresholds
        self.fields["is_on"].help_text = loses
        for each in self._thresholds:
            self.fields[each.name] = _threshold_field(each, present)
        self.order_fields(("is_on", "tells", *(each.name for each in self._thresholds), "code"))

    @property
    def setting(self) -> Setting:
        """What was asked for, once it is valid."""
        given = self.cleaned_data
        values = {each.name: given[each.name] for each in self._thresholds}
        return Setting(given["is_on"], given["tells"], values)


def _threshold_field(threshold: Threshold, present: InForce) -> forms.IntegerField:
    limits = f"From {threshold.lowest} to {threshold.highest}"
    return forms.IntegerField(
        label=f"{threshold.label}, {threshold.unit}" if threshold.unit else threshold.label,
        min_value=threshold.lowest,
        max_value=threshold.highest,
        help_text=f"{limits}. {present.origin_above}: {present.above[threshold.name]}.",
        error_messages={
            "required": "Give a number.",
            "invalid": "Give a whole number.",
            "min_value": f"{limits}.",
            "max_value": f"{limits}.",
        },
    )
