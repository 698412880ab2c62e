"""Results as a file, with the columns and the words of Entra's access reviews: what reads theirs reads ours.
One of our rounds is a review of theirs, and our review their series."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.accounts.models import User
from apps.audit.vocabulary import REVIEW, Party
from apps.common.access import Provider
from apps.common.csv import csv_lines, instant_cell
from apps.reviews.models import Item, Round
from apps.reviews.policy.recommending import Recommendation
from apps.reviews.selectors.exports import Result
from apps.reviews.states import ApplyResult

COLUMNS = (
    *("AccessReviewId", "AccessReviewSeriesId", "ReviewType", "ResourceDisplayName", "ResourceId"),
    *("ReviewName", "CreatedDateTime", "ReviewStartDate", "ReviewEndDate", "ReviewStatus"),
    *("OwnerId", "OwnerName", "OwnerUPN"),
    *("PrincipalId", "PrincipalName", "PrincipalUPN", "PrincipalType"),
    *("ReviewDate", "ReviewResult", "Justification"),
    *("ReviewerId", "ReviewerName", "ReviewerUPN", "ReviewerEmailAddress"),
    *("AppliedByName", "AppliedByUPN", "AppliedByEmailAddress", "AppliedDate"),
    *("AccessRecommendation", "SubmissionResult"),
)

_TYPES = {
    Provider.DIRECTORY: "Directory role",
    Provider.GROUPS: "Group",
    Provider.RESOURCES: "Resource role",
}
_RECOMMENDATIONS = {
    Recommendation.APPROVE: "Approve",
    Recommendation.DENY: "Deny",
    Recommendation.NO_INFO: "NoInfoAvailable",
}
# Where there is nothing to apply, nothing stands there.
_SUBMISSIONS = {
    ApplyResult.NEW: "New",
    ApplyResult.APPLIED: "AppliedSuccessfully",
    ApplyResult.NOT_FOUND: "AppliedSuccessfullyButObjectNotFound",
    ApplyResult.NOT_SUPPORTED: "ApplyNotSupported",
    ApplyResult.FAILED: "AppliedWithUnknownFailure",
}


def result_lines(results: Iterable[Result]) -> Iterator[str]:
    """The file line by line, as `results` come; nothing of it is kept."""
    return csv_lines(COLUMNS, map(_cells, results))


def applied_by(round_: Round) -> str:
    """Who set going that its results were applied: a person, or the review by itself."""
    if round_.applied_by_email:
        return round_.applied_by
    return Party(REVIEW, "", round_.applied_by).called


def _cells(result: Result) -> Iterable[str]:
    item = result.item
    return (
        *_review(item),
        *_person(item.round.review.owner),
        *_holder(item),
        *_answer(result),
        *_application(item),
        _RECOMMENDATIONS[Recommendation(item.recommendation)],
        _SUBMISSIONS[ApplyResult(item.apply_result)] if item.apply_result else "",
    )


def _review(item: Item) -> Iterable[str]:
    """What is reviewed is a role on a resource, held in one way: its name says all of that, its id two."""
    round_, review = item.round, item.round.review
    return (
        str(round_.id),
        str(review.id),
        _TYPES[Provider(item.resource.provider)],
        f"{item.role_name} on {item.resource_name}, {item.get_kind_display().lower()}",
        f"{item.resource_id}/{item.role_id}",
        review.name,
        instant_cell(review.created_at),
        instant_cell(round_.opened_at),
        instant_cell(round_.closed_at or round_.stage_closes_at),
        _in_camel_case(round_.state),
    )


def _holder(item: Item) -> Iterable[str]:
    kind = "Group" if item.is_of_group else "User"
    return str(item.principal_id), item.holder_name, item.holder_email, kind


def _answer(result: Result) -> Iterable[str]:
    """When somebody answered, what, why, and who it was."""
    answer, decision = _in_camel_case(result.item.answer), result.decision
    if decision is None:
        return "", answer, result.reason, "", "", "", ""
    reviewer = decision.decided_by
    return instant_cell(decision.decided_at), answer, result.reason, *_person(reviewer), reviewer.email


def _application(item: Item) -> Iterable[str]:
    if item.applied_at is None:
        return "", "", "", ""
    email = item.round.applied_by_email
    return applied_by(item.round), email, email, instant_cell(item.applied_at)


def _person(user: User) -> Iterable[str]:
    return str(user.id), user.name, user.email


def _in_camel_case(word: str) -> str:
    """Entra's way to write one: "dont_know" is DontKnow."""
    return "".join(part.capitalize() for part in word.split("_"))
