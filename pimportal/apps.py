from django.apps import AppConfig

from pimportal import checks  # noqa: F401  importing registers them


class PimPortalConfig(AppConfig):
    name = "pimportal"
    label = "pimportal"
