"""The terms of a review as people read them, and where two differ. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.common.text import counted
from apps.reviews.policy.terms import Named, StageTerms, Terms
from apps.reviews.states import Answer, Who

_NOBODY = "Nobody"


@dataclass(frozen=True)
class Setting:
    """One thing that was chosen. `later` is what holds from the next round on, where it differs."""

    label: str
    value: str
    later: str = ""


def settings_of(terms: Terms, later: Terms | None = None) -> list[Setting]:
    """Everything that was chosen, in the order of the form."""
    now, then = in_words(terms), in_words(later or terms)
    labels = [*now, *(label for label in then if label not in now)]
    return [_setting(label, now.get(label, "–"), then.get(label, "–")) for label in labels]


def in_words(terms: Terms) -> dict[str, str]:
    stages: dict[str, str] = {}
    for number, stage in enumerate(terms.stages, start=1):
        stages |= _stage(stage, f"Stage {number}: " if len(terms.stages) > 1 else "")
    return {
        "Name": terms.name,
        "Description": terms.description or "–",
        "Roles": "\n".join(map(str, terms.scopes)),
        "Assignments": _kinds(terms),
        "Whose": _whose(terms),
        **stages,
        **(_between(terms) if len(terms.stages) > 1 else {}),
        "On completion": "Apply the results by itself"
        if terms.applies_automatically
        else "Wait until somebody applies the results",
        "If nobody answers": str(terms.no_answer.label),
        "Told when completed": _names(terms.tells),
        "Recommendations": f"Shown, from the last {counted(terms.look_back_days, 'day')}"
        if terms.recommends
        else "Not shown",
        "Reason to approve": "Required" if terms.reason_required else "Not required",
        "Mail when a stage opens": _on(terms.sends_mails),
        "Reminders": _on(terms.sends_reminders),
        "Added to the mails": terms.extra_text or "–",
    }


def _setting(label: str, now: str, then: str) -> Setting:
    return Setting(label, now, then if then != now else "")


def _kinds(terms: Terms) -> str:
    if terms.includes_eligible and terms.includes_active:
        return "Eligible and active"
    return "Eligible" if terms.includes_eligible else "Active"


def _whose(terms: Terms) -> str:
    parts = [str(terms.holders.label)]
    if terms.inactive_days is not None:
        parts.append(f"who did not sign in for {counted(terms.inactive_days, 'day')}")
    if terms.unused_days is not None:
        parts.append(f"only what nobody activated for {counted(terms.unused_days, 'day')}")
    return ", ".join(parts)


def _stage(stage: StageTerms, prefix: str) -> dict[str, str]:
    who = _names(stage.reviewers) if stage.who == Who.SELECTED else str(stage.who.label)
    fallback = {f"{prefix}Fallback reviewers": _names(stage.fallback)} if stage.fallback else {}
    return {f"{prefix}Reviewers": who, **fallback, f"{prefix}Duration": counted(stage.days, "day")}


def _between(terms: Terms) -> dict[str, str]:
    answers = [Answer(answer).past for answer in terms.proceeds]
    return {
        "Goes on to the next stage": ", ".join(answers) or "Nothing",
        "Later stages see earlier answers": "Yes" if terms.reveals_earlier else "No",
    }


def _names(several: Sequence[Named]) -> str:
    return ", ".join(each.name for each in several) or _NOBODY


def _on(is_on: bool) -> str:
    return "Sent" if is_on else "Not sent"
