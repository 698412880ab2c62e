"""Parts of keys and sentences that several rules share."""

from __future__ import annotations

from datetime import datetime

from apps.audit.vocabulary import Place
from apps.roles.policy.paths import ancestor_ids


def resource_id(place: Place) -> str:
    return str(ancestor_ids(place.path)[-1])


def role_there(role_id: str, place: Place) -> str:
    """The key of what is found about a role on a resource."""
    return f"role:{role_id}:resource:{resource_id(place)}"


def role_ids(role_id: str, place: Place) -> dict[str, str]:
    """Where the settings in force of a role are found."""
    return {"role": role_id, "resource": resource_id(place)}


def day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def people_are(count: int) -> str:
    return f"{people(count)} {'is' if count == 1 else 'are'}"
