"""The reviews that most organisations begin with: what their form is filled with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.reviews.policy.calendar import Frequency
from apps.reviews.states import Holders, NoAnswer


@dataclass(frozen=True)
class Template:
    """`values` are those of the form. `privileged_only`: of the roles of the place, whether all are ticked or
    only those that are privileged."""

    key: str
    label: str
    text: str
    icon: str
    values: Mapping[str, Any] = field(default_factory=dict)
    privileged_only: bool = False


PRIVILEGED = "privileged"

TEMPLATES = (
    Template(
        PRIVILEGED,
        "Privileged roles, each quarter",
        "Those whom you choose confirm who still needs a privileged role.",
        "shield-lock",
        {
            "name": "Privileged roles",
            "description": "Who still needs a privileged role?",
            "frequency": Frequency.QUARTERLY,
        },
        privileged_only=True,
    ),
    Template(
        "guests",
        "Guests, each month",
        "Access of guests is confirmed, or it goes.",
        "person-badge",
        {
            "name": "Access of guests",
            "description": "Which guests still work with us?",
            "frequency": Frequency.MONTHLY,
            "holders": Holders.GUESTS,
            "no_answer": NoAnswer.REMOVE,
        },
    ),
    Template(
        "unused",
        "Unused eligibility, each quarter",
        "What nobody has activated for 90 days is looked at, and goes if nobody speaks for it.",
        "hourglass-split",
        {
            "name": "Unused eligibility",
            "description": "Nobody has activated this for 90 days. Is it still needed?",
            "frequency": Frequency.QUARTERLY,
            "kinds": "eligible",
            "unused_days": 90,
            "no_answer": NoAnswer.RECOMMENDATION,
        },
    ),
)


def template_called(key: str) -> Template | None:
    return next((template for template in TEMPLATES if template.key == key), None)
