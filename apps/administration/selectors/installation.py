"""Whether anybody is here yet."""

from __future__ import annotations

from apps.accounts.models import User


def anybody_exists() -> bool:
    """Until somebody does, whoever has the console may set the portal up; afterwards nobody can any more."""
    return User.objects.exists()
