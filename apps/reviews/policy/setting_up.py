"""Whether the terms of a review make sense together, and what to warn of before it runs. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from apps.audit.vocabulary import CONSOLE
from apps.common.decision import Decision, Refusal, judge
from apps.common.text import counted
from apps.reviews.policy.calendar import Calendar, longest_days
from apps.reviews.policy.terms import Terms
from apps.reviews.states import NoAnswer, Who

MOST_STAGES = 3
# Where those who look at the lines of others are missing, in a sentence.
NOBODY_ELSE: dict[Who, str] = {
    Who.SELECTED: "what the reviewers hold themselves",
    Who.HOLDERS: "what groups hold, who do not answer for themselves",
    Who.MANAGERS: "people without a manager, and groups without an owner",
    Who.OWNERS: "places without an owner",
}


@dataclass(frozen=True)
class _Wanted:
    terms: Terms
    calendar: Calendar


def name_rule(wanted: _Wanted) -> Refusal | None:
    """What a review takes stands in its name: nobody should read there that the console did it."""
    if wanted.terms.name.strip().lower() == CONSOLE.name.lower():
        return Refusal("NameRule", "Choose another name: the portal’s console is called that.", "name")
    return None


def scope_rule(wanted: _Wanted) -> Refusal | None:
    if not wanted.terms.scopes:
        return Refusal("ScopeRule", "Choose at least one role.", "scopes")
    if len({(scope.role_id, scope.resource_id) for scope in wanted.terms.scopes}) < len(wanted.terms.scopes):
        return Refusal("ScopeRule", "Choose each role on a resource once.", "scopes")
    return None


def kind_rule(wanted: _Wanted) -> Refusal | None:
    if not (wanted.terms.includes_eligible or wanted.terms.includes_active):
        return Refusal("ScopeRule", "Choose eligible assignments, active ones, or both.", "kinds")
    return None


def unused_rule(wanted: _Wanted) -> Refusal | None:
    if wanted.terms.unused_days is not None and not wanted.terms.includes_eligible:
        return Refusal(
            "ScopeRule", "Only what is eligible can be unused. Choose eligible, or both.", "unused_days"
        )
    return None


def reviewers_rule(wanted: _Wanted) -> Refusal | None:
    for number, stage in enumerate(wanted.terms.stages, start=1):
        if stage.who == Who.SELECTED and not stage.reviewers:
            return Refusal("ReviewerRule", "Choose who reviews.", f"reviewers_{number}")
    return None


def fallback_rule(wanted: _Wanted) -> Refusal | None:
    """A holder may have no manager, and a resource no owner (in Entra a fallback is mandatory)."""
    for number, stage in enumerate(wanted.terms.stages, start=1):
        if stage.who != Who.SELECTED and not stage.fallback:
            sentence = f"Choose fallback reviewers for {NOBODY_ELSE[stage.who]}."
            return Refusal("ReviewerRule", sentence, f"fallback_{number}")
    return None


def stages_rule(wanted: _Wanted) -> Refusal | None:
    stages = wanted.terms.stages
    if not 1 <= len(stages) <= MOST_STAGES:
        return Refusal("StageRule", f"A round has 1 to {MOST_STAGES} stages.", "stages")
    if len(stages) > 1 and not wanted.terms.proceeds:
        return Refusal("StageRule", "Choose which lines go on to the next stage.", "proceeds")
    return None


def own_first_rule(wanted: _Wanted) -> Refusal | None:
    """What others said of somebody's access is not for them to overrule."""
    for number, stage in enumerate(wanted.terms.stages[1:], start=2):
        if stage.who == Who.HOLDERS:
            sentence = "Holders review their own access in the first stage only."
            return Refusal("StageRule", sentence, f"who_{number}")
    return None


def duration_rule(wanted: _Wanted) -> Refusal | None:
    if any(stage.days < 1 for stage in wanted.terms.stages):
        return Refusal("DurationRule", "At least 1 day.", "days")
    most = longest_days(wanted.calendar.frequency)
    if wanted.terms.days > most:
        return Refusal(
            "DurationRule", f"At most {most} days, so that it ends before the next one starts.", "days_1"
        )
    return None


def first_round_rule(wanted: _Wanted) -> Refusal | None:
    if wanted.calendar.occurrence(1) is None:
        return Refusal("DurationRule", "It would end before its first round.", "ends_on")
    return None


RULES = (
    name_rule,
    scope_rule,
    kind_rule,
    unused_rule,
    stages_rule,
    own_first_rule,
    reviewers_rule,
    fallback_rule,
    duration_rule,
    first_round_rule,
)


def check_terms(terms: Terms, calendar: Calendar) -> Decision:
    return judge(RULES, _Wanted(terms, calendar))


def silence_removes(terms: Terms) -> bool:
    """Whether access can end by itself when nobody answers: the page warns of it."""
    silent = terms.no_answer in (NoAnswer.REMOVE, NoAnswer.RECOMMENDATION)
    return silent and terms.applies_automatically


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What the first round would have: lines, for `who` reviews first; those that nobody could look at; those
    that silence takes away; and those that whoever asks holds themself."""

    who: Who
    lines: int
    unseated: int = 0
    silent: int = 0
    mine: int = 0


def warnings_about(found: Foreseen) -> list[str]:
    """What should be thought of before this runs."""
    return [sentence for rule in _WARNINGS if (sentence := rule(found))]


def _nothing(found: Foreseen) -> str:
    return "" if found.lines else "Nothing would be reviewed: nobody holds any of this now."


def _nobody(found: Foreseen) -> str:
    if not found.unseated:
        return ""
    lines = counted(found.unseated, "line")
    return f"Nobody would review {lines}. Choose fallback reviewers for {NOBODY_ELSE[found.who]}."


def _silence(found: Foreseen) -> str:
    if not found.silent:
        return ""
    lines = counted(found.silent, "line")
    if found.silent == found.lines:
        return f"If nobody answers, everybody loses their access: {lines}."
    return f"If nobody answers, {lines} would end, as recommended."


def _own(found: Foreseen) -> str:
    if not found.mine:
        return ""
    return f"{counted(found.mine, 'line')} would be about your own access. Others decide on that."


_WARNINGS = (_nothing, _nobody, _silence, _own)
