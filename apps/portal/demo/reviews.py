"""The access reviews of the demo organisation, and what its reviewers have answered so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from apps.accounts.models import Principal
from apps.accounts.policy import SecondFactor
from apps.common.zones import zone_named
from apps.portal.demo.acting import acting
from apps.portal.demo.organisation import Organisation
from apps.reviews.models import Round
from apps.reviews.policy.calendar import Calendar, Frequency
from apps.reviews.policy.terms import Named, Scope, StageTerms, Terms
from apps.reviews.services.answering import Said, answer_lines, lines_of
from apps.reviews.services.running import run_reviews
from apps.reviews.services.setting_up import create_review
from apps.reviews.states import Answer, Holders, NoAnswer, RoundState, Who
from apps.roles import built_in
from apps.roles.models import Resource, RoleDefinition
from apps.roles.selectors import directory, resource_of

Act = Callable[[Organisation, datetime], None]  # done in the organisation, at an earlier time

ZONE = "Europe/Berlin"
DIRECTORY_ROLES = (
    built_in.GLOBAL_ADMINISTRATOR,
    built_in.PRIVILEGED_ROLE_ADMINISTRATOR,
    built_in.SECURITY_ADMINISTRATOR,
    built_in.USER_ADMINISTRATOR,
    built_in.TEAMS_ADMINISTRATOR,
    built_in.SECURITY_READER,
    built_in.GLOBAL_READER,
)
PRIVILEGED, OPERATORS = "Privileged directory roles", "Database operators"
GUESTS, PRODUCTION, DATABASES = "Guests", "Do you still need production?", "Access to databases"

A, D, U = Answer.APPROVE, Answer.DENY, Answer.DONT_KNOW
WITH_CARE, IN_HASTE = timedelta(seconds=40), timedelta(seconds=2)  # for each line


# ---- What is reviewed --------------------------------------------------------------------------------------


def _privileged(there: Organisation, at: datetime) -> None:
    scopes = [(role_id, directory()) for role_id in DIRECTORY_ROLES]
    _create(
        there,
        at,
        Terms(
            name=PRIVILEGED,
            description="Does each of these people still need this role?",
            extra_text="Ask in #identity before you deny somebody on call.",
            scopes=_scopes(scopes),
            stages=(_stage(Who.SELECTED, 21, [there.people["reviewer"]], [there.people["admin"]]),),
            no_answer=NoAnswer.RECOMMENDATION,
        ),
        Frequency.QUARTERLY,
    )


def _operators(there: Organisation, at: datetime) -> None:
    """Whose last owner cannot be removed: that is left to do by hand."""
    group = resource_of(there.groups["operators"])
    people = there.people
    _create(
        there,
        at,
        Terms(
            name=OPERATORS,
            description="Who is on the rota, and who keeps the group.",
            scopes=_scopes([(built_in.GROUP_MEMBER, group), (built_in.GROUP_OWNER, group)]),
            stages=(_stage(Who.SELECTED, 7, [people["approver"]], [people["admin"]]),),
            reason_required=False,
        ),
        Frequency.MONTHLY,
    )


def _databases(there: Organisation, at: datetime) -> None:
    """Two stages, and nothing of it applied yet."""
    people, top = there.people, there.resources["production"]
    roles = [there.roles["operator"].pk, built_in.RESOURCE_OWNER]
    _create(
        there,
        at,
        Terms(
            name=DATABASES,
            description="Managers say who needs it, data protection says who may have it.",
            scopes=_scopes([(role_id, top) for role_id in roles], below=True),
            stages=(
                _stage(Who.MANAGERS, 5, [], [people["admin"]]),
                _stage(Who.SELECTED, 5, [people["reviewer"]], [people["admin"]]),
            ),
            proceeds=(A, U, Answer.NOT_REVIEWED),
            reveals_earlier=True,
            applies_automatically=False,
        ),
        Frequency.SEMI_ANNUALLY,
    )


def _production(there: Organisation, at: datetime) -> None:
    scopes = [(built_in.CONTRIBUTOR, there.resources["production"])]
    _create(
        there,
        at,
        Terms(
            name=PRODUCTION,
            description="Say whether you still need to change production, and what for.",
            scopes=_scopes(scopes),
            stages=(_stage(Who.HOLDERS, 14, [], [there.people["approver"]]),),
            no_answer=NoAnswer.REMOVE,
        ),
        Frequency.ONCE,
    )


def _guests(there: Organisation, at: datetime) -> None:
    """It begins in five days."""
    _create(
        there,
        at,
        Terms(
            name=GUESTS,
            description="Which guests still work with us?",
            scopes=_scopes([(built_in.READER, there.resources["platform"])], below=True),
            stages=(_stage(Who.OWNERS, 10, [], [there.people["reviewer"]]),),
            holders=Holders.GUESTS,
            no_answer=NoAnswer.REMOVE,
        ),
        Frequency.MONTHLY,
        starts_at=at + timedelta(days=7),
    )


# ---- What was answered -------------------------------------------------------------------------------------

FIRST_QUARTER = {
    "John Doe": (A, "Runs the collaboration platform."),
    "Jane Roe": (A, "Decides when Ada is away."),
    "Ada Admin": (A, "Emergency access, sealed."),
    "Maria Silva": (A, "Leads the service desk."),
    "Tom Baker": (D, "Approves for Teams, and has not used it himself."),
    "Alan Auditor": (A, "Internal audit."),
}
THIS_QUARTER = {
    "Ada Admin": (A, "Emergency access, sealed."),
    "Alan Auditor": (A, "Internal audit."),
    "Ben Carter": (D, "Contract ends this month."),
    "Diego Alvarez": (U, ""),
    "Jane Roe": (A, "Decides when Ada is away."),
    "Kenji Tanaka": (A, "On call for the phones."),
    "Maria Silva": (A, "Leads the service desk."),
}
IN_TWO_WORDS = ("Amara Okafor", "Chloé Martin", "Diego Alvarez", "John Doe", "Kenji Tanaka", "Rita Reviewer")
LAST_MONTH = dict.fromkeys(IN_TWO_WORDS, (A, "Still needed"))
THIS_MONTH = {
    "Diego Alvarez": (D, "Moved to Finance."),
    "Chloé Martin": (D, "Left the rota."),
    "John Doe": (A, ""),
    "Kenji Tanaka": (A, ""),
}
SECOND_STAGE = {
    "Jane Roe": (D, "Messaging has no business with production."),
    "Kenji Tanaka": (A, "No personal data."),
}


def _says(by: str, name: str, said: Mapping[str, tuple[Answer, str]], pace: timedelta = WITH_CARE) -> Act:
    """Somebody answers in the open round of this review, on one holder's lines after the other's."""

    def answer(there: Organisation, at: datetime) -> None:
        reviewer = acting(there.people[by], at)
        mine = lines_of(reviewer, now=at).open(at)
        lines = mine.filter(round__review__name=name, holder_name__in=said)
        for number, item in enumerate(lines.order_by("holder_name", "role_name")):
            then = at + number * pace
            actor = replace(reviewer, second_factor=SecondFactor(then))
            answer_lines([Said(item.id, *said[item.holder_name])], actor=actor, now=then)

    return answer


DAY = timedelta(days=1)
# When, counted back from now.
HISTORY: Sequence[tuple[timedelta, Act]] = (
    (101 * DAY, _privileged),
    (97 * DAY, _says("reviewer", PRIVILEGED, FIRST_QUARTER)),
    (47 * DAY, _operators),
    (44 * DAY, _says("approver", OPERATORS, LAST_MONTH, IN_HASTE)),
    (14 * DAY, _databases),
    (13 * DAY, _says("approver", OPERATORS, THIS_MONTH)),
    (11 * DAY, _says("amara.okafor", DATABASES, {"Kenji Tanaka": (A, "Restores the backups.")})),
    (7 * DAY, _says("reviewer", DATABASES, SECOND_STAGE)),
    (5 * DAY, _production),
    (3 * DAY, _says("kenji.tanaka", PRODUCTION, {"Kenji Tanaka": (A, "On call for the platform.")})),
    (2 * DAY, _guests),
    (1 * DAY, _says("reviewer", PRIVILEGED, THIS_QUARTER)),
)


# ---- The clock ---------------------------------------------------------------------------------------------


def moments(until: datetime) -> Iterable[datetime]:
    """When a round begins or a stage closes."""
    yield from Round.objects.filter(state=RoundState.NOT_STARTED, starts_at__lte=until).values_list(
        "starts_at", flat=True
    )
    yield from Round.objects.filter(state=RoundState.IN_PROGRESS, stage_closes_at__lte=until).values_list(
        "stage_closes_at", flat=True
    )


def work(at: datetime) -> None:
    """What the worker did at this moment."""
    run_reviews(clock=lambda: at, until=at + timedelta(seconds=1))


# ---- Values ------------------------------------------------------------------------------------------------


def _create(
    there: Organisation,
    at: datetime,
    terms: Terms,
    frequency: Frequency,
    starts_at: datetime | None = None,
) -> None:
    """By the admin, to begin at nine the next morning unless told otherwise."""
    zone = zone_named(ZONE)
    day = (starts_at or at + timedelta(days=1)).astimezone(zone)
    begins = day.replace(hour=9, minute=0, second=0, microsecond=0).astimezone(UTC)
    calendar = Calendar(frequency=frequency, starts_at=begins, zone=zone)
    create_review(terms=terms, calendar=calendar, actor=acting(there.people["admin"], at), now=at)


def _scopes(pairs: Iterable[tuple[UUID, Resource]], *, below: bool = False) -> tuple[Scope, ...]:
    names = dict(RoleDefinition.objects.values_list("pk", "name"))
    return tuple(Scope(id_, place.id, below, names[id_], place.name) for id_, place in pairs)


def _stage(who: Who, days: int, reviewers: Iterable[Principal], fallback: Iterable[Principal]) -> StageTerms:
    return StageTerms(days, who, _named(reviewers), _named(fallback))


def _named(several: Iterable[Principal]) -> tuple[Named, ...]:
    return tuple(Named(row.id, row.name) for row in several)
