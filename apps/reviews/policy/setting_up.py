"""Whether the terms of a review make sense together, and what to warn of before it runs. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from apps.audit.vocabulary import CONSOLE
from apps.common.decision import Decision, Refusal, judge
from apps.reviews.policy.calendar import Calendar, longest_days
from apps.reviews.policy.terms import Terms
from apps.reviews.states import NoAnswer, Who

MOST_STAGES = 3


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


def reviewers_rule(wanted: _Wanted) -> Refusal | None:
    for stage in wanted.terms.stages:
        if stage.who == Who.SELECTED and not stage.reviewers:
            return Refusal("ReviewerRule", "Choose who reviews.", "reviewers")
    return None


def fallback_rule(wanted: _Wanted) -> Refusal | None:
    """A holder may have no manager, and a resource no owner (in Entra a fallback is mandatory)."""
    for stage in wanted.terms.stages:
        if stage.who != Who.SELECTED and not stage.fallback:
            return Refusal(
                "ReviewerRule",
                "Choose who reviews where there is nobody else, such as for people without a manager.",
                "fallback",
            )
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
    if any(stage.who == Who.HOLDERS for stage in wanted.terms.stages[1:]):
        return Refusal("StageRule", "Holders review their own access in the first stage only.", "reviewers")
    return None


def duration_rule(wanted: _Wanted) -> Refusal | None:
    if any(stage.days < 1 for stage in wanted.terms.stages):
        return Refusal("DurationRule", "At least 1 day.", "days")
    most = longest_days(wanted.calendar.frequency)
    if wanted.terms.days > most:
        return Refusal(
            "DurationRule", f"At most {most} days, so that it ends before the next one starts.", "days"
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
    """Whether access ends by itself when nobody answers: the page warns of it."""
    return terms.no_answer == NoAnswer.REMOVE and terms.applies_automatically
