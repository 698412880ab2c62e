"""What is known of the lines of a round and was said of them: the tables of its evidence pack. A line goes by
the same id in all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.audit.export import COLUMNS as EVENT_COLUMNS
from apps.audit.export import cells_of
from apps.audit.models import AuditEvent
from apps.common.access import Provider
from apps.common.csv import csv_lines, instant_cell
from apps.reviews.models import Decision, Item
from apps.reviews.result_file import applied_by
from apps.reviews.states import Answer

_WHICH = ("Line", "Holder", "Role", "Resource")
LINES = (
    *(*_WHICH, "Assignment", "Assignment type", "Provider", "Address", "Holder type", "People"),
    *("Held since (UTC)", "Held until (UTC)", "Last sign-in (UTC)", "Last used (UTC)"),
    *("Activations in 90 days", "Usual minutes", "Decided requests in 90 days"),
    *("Recommendation", "Why recommended", "Stage", "Answer", "Outcome", "Why without an answer"),
)
PEOPLE = ("Line", "Group", "Person", "Address", "Enabled", "Member now")
DECISIONS = (*_WHICH, "Stage", "Answer", "Reason", "Decided by", "Address", "Decided (UTC)", "Version", "Own")
APPLIED = (*_WHICH, "Apply result", "Why", "Applied (UTC)", "Applied by", "Done by hand (UTC)", "Done by")
EVENTS = (*EVENT_COLUMNS, "Answer")


def line_lines(items: Iterable[Item]) -> Iterator[str]:
    """Who held what, and how it was used, as it was when the round began."""
    return csv_lines(LINES, map(_line, items))


def people_lines(items: Iterable[Item]) -> Iterator[str]:
    """Who stood behind each line of a group then."""
    return csv_lines(PEOPLE, (cells for item in items for cells in _people(item)))


def decision_lines(decisions: Iterable[Decision]) -> Iterator[str]:
    """What counts, stage by stage. What was said before that stands among the events."""
    return csv_lines(DECISIONS, map(_decision, decisions))


def applied_lines(items: Iterable[Item]) -> Iterator[str]:
    """What became of each line whose access was to go."""
    return csv_lines(APPLIED, map(_applied, items))


def event_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    """The audit log about the review, with what was answered: also what was taken back later."""
    return csv_lines(EVENTS, ((*cells_of(event), _answered(event)) for event in events))


def _which(item: Item) -> tuple[str, ...]:
    return str(item.id), item.holder_name, item.role_name, item.resource_name


def _line(item: Item) -> Iterable[str]:
    return (
        *_which(item),
        str(item.assignment_id),
        item.get_kind_display(),
        Provider(item.resource.provider).label,
        item.holder_email,
        item.holder_type,
        str(len(item.people)) if item.is_of_group else "",
        instant_cell(item.held_since),
        instant_cell(item.held_until),
        instant_cell(item.last_sign_in_at),
        instant_cell(item.last_used_at),
        str(item.activations),
        "" if item.usual_minutes is None else str(item.usual_minutes),
        str(item.decided_requests),
        item.get_recommendation_display(),
        item.recommendation_reason,
        str(item.stage),
        Answer(item.answer).past,
        item.get_outcome_display(),
        item.outcome_reason,
    )


def _people(item: Item) -> Iterator[Iterable[str]]:
    for person in item.people:
        facts = (_yes(person["is_enabled"]), _yes(person["is_member"]))
        yield str(item.id), item.holder_name, person["name"], person["email"], *facts


def _decision(decision: Decision) -> Iterable[str]:
    return (
        *_which(decision.item),
        str(decision.stage),
        Answer(decision.answer).past,
        decision.reason,
        decision.decided_by.name,
        decision.decided_by.email,
        instant_cell(decision.decided_at),
        str(decision.version),
        _yes(decision.is_own),
    )


def _applied(item: Item) -> Iterable[str]:
    return (
        *_which(item),
        item.get_apply_result_display(),
        item.apply_reason,
        instant_cell(item.applied_at),
        applied_by(item.round) if item.applied_at else "",
        instant_cell(item.handled_at),
        item.handled_by,
    )


def _answered(event: AuditEvent) -> str:
    answer = event.details.get("answer", "")
    return Answer(answer).past if answer else ""


def _yes(fact: bool) -> str:
    return "Yes" if fact else "No"
