"""The name of the organisation whose portal this is."""

from __future__ import annotations

from django.conf import settings
from django.db.models import QuerySet

from apps.common.models import Installation
from apps.common.prepared import prepared

NO_NAME = "PIM Portal"


def organisation_name() -> str:
    """What the environment says, which costs no query; else what was said when the portal was set up."""
    return settings.ORGANISATION or _name_given() or NO_NAME


def _name_given() -> str:
    return "".join(_names_given())


@prepared
def _names_given() -> QuerySet[Installation, str]:
    return Installation.objects.values_list("organisation", flat=True)
