"""What the holder of an assignment fills in to ask an admin for more of it."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout

from apps.access_requests.forms.fields import REASON, JustificationField
from apps.common.web.forms import PortalForm


class ProlongForm(PortalForm):
    """Why. From when, until when and as what, an admin decides. Cleaned: `justification`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["justification"] = JustificationField(
            label="Reason",
            help_text="The admins who decide and auditors read this.",
            missing="Say why you still need the role.",
            required=True,
        )

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(Field("justification", template=REASON))
        return helper
