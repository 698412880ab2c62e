"""A settings file, chosen or pasted."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.common.strict_yaml import MOST_BYTES
from apps.common.web.forms import PortalForm


class FileForm(PortalForm):
    """A chosen file counts before what stands in the box. Cleaned: `data`, the bytes."""

    file = forms.FileField(
        label="File",
        required=False,
        allow_empty_file=True,
        help_text="YAML, at most 2 MB.",
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml"}),
    )
    text = forms.CharField(
        label="Or paste it here",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "font-monospace"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        file, text = cleaned.get("file"), cleaned.get("text", "")
        if file is not None:
            # One byte more than there may be says enough; the rest is not read.
            cleaned["data"] = file.read(MOST_BYTES + 1)
        elif text.strip():
            cleaned["data"] = text.replace("\r\n", "\n").encode()
        else:
            self.add_error("file", "Choose a file, or paste one.")
        return cleaned

    @property
    def shown(self) -> str:
        """The text to go on with, whichever way it came."""
        return self.cleaned_data["data"].decode("utf-8", errors="replace")
