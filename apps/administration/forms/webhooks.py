"""The form of a webhook."""

from __future__ import annotations

from typing import Any

from crispy_forms.layout import Field
from django import forms
from django.conf import settings

from apps.accounts.web import ConfirmForm
from apps.administration.forms.installation import OneLineField
from apps.common.errors import Invalid
from apps.notifications.messages import NoticeEvent
from apps.notifications.policy import announced_events
from apps.notifications.webhooks.policy import LONGEST_URL, require_possible


def _choices() -> list[tuple[str, str]]:
    return [(event.value, event.in_general) for event in announced_events()]


class WebhookForm(ConfirmForm):
    name = OneLineField(
        label="Name", missing="Give a name.", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    url = forms.CharField(
        label="Address",
        max_length=LONGEST_URL,
        help_text="Where a system of yours receives what happened, such as https://chat.example.com/hooks/pim.",
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Give the address."},
    )
    events = forms.MultipleChoiceField(
        label="Events. Tick none to have all of them",
        choices=_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "One of these events is not there any more."},
    )

    def rows(self) -> list[Any]:
        return ["name", "url", Field("events", template="components/pick_boxes.html")]

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            require_possible(url, settings.WEBHOOK_NETWORKS)
        except Invalid as error:
            raise forms.ValidationError(str(error)) from None
        return url

    def clean_events(self) -> list[NoticeEvent]:
        return [NoticeEvent(event) for event in self.cleaned_data["events"]]
