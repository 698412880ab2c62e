"""Sending a file, and applying its plan."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms
from django.core.files.uploadedfile import UploadedFile

from apps.accounts.web import StepUpForm
from apps.administration.policy.csv_files import MOST_BYTES
from apps.common.text import one_line
from apps.common.web.forms import PortalForm


class FileForm(PortalForm):
    file = forms.FileField(
        label="CSV file",
        help_text="UTF-8, with a comma or a semicolon between the cells; at most 5 MB and 20,000 lines.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={
            "required": "Choose a file.",
            "missing": "Choose a file.",
            "empty": "The file is empty.",
            "invalid": "Choose a file.",
        },
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size and file.size > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 5 MB. Send it in parts.")
        return file

    @property
    def file_name(self) -> str:
        return one_line(self.cleaned_data["file"].name, 120)


class ApplyForm(StepUpForm):
    """Only the second factor: what is applied stands beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, factor_required=True, **kwargs)

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(*(Field(name, wrapper_class="code-field") for name in self.fields))
        return helper
