from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RolesConfig(AppConfig):
    name = "apps.roles"
    label = "roles"

    def ready(self) -> None:
        # Django's own hook for rows that belong to the code, as for permissions and content types.
        post_migrate.connect(_install_built_ins, sender=self)


def _install_built_ins(using: str, **_: Any) -> None:
    # Models can be imported only once all apps are loaded, hence here.
    from apps.roles.installation import install_built_ins

    if using == "default":
        install_built_ins()
