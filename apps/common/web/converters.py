"""What stands in addresses."""

from __future__ import annotations

from django.urls import register_converter

from apps.common.access import Provider


class ProviderConverter:
    """One of the three families: `directory`, `groups` or `resources`."""

    regex = "|".join(Provider.values)

    def to_python(self, value: str) -> Provider:
        return Provider(value)

    def to_url(self, value: Provider | str) -> str:
        return str(Provider(value))


register_converter(ProviderConverter, "provider")
