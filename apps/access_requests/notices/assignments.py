"""Whom to tell of what admins give and decide, and in which words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from functools import partial

from apps.access_requests.models import AccessRequest
from apps.access_requests.notices.words import APPROVED, DECIDED, facts_of_request, still_open, what_is_asked
from apps.access_requests.selectors.approvers import Approvers
from apps.access_requests.selectors.managing import admins_on, managed_resource, other_admins
from apps.access_requests.states import Action, State
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.notices.cells import Build, Letter, admins_of, letters, tell, tell_cells, told_by
from apps.assignments.notices.words import facts_of, list_of, to_activate
from apps.audit.vocabulary import Party
from apps.common.instants import short
from apps.common.lookup import present
from apps.notifications import services as notifications
from apps.notifications.messages import Button, Message, NoticeEvent, Recipient
from apps.roles.policy.rules import Audience, NoticeCase, RoleRules


def ask_admins(request: AccessRequest, *, rules: RoleRules, now: datetime) -> None:
    """Tell every admin who can decide and gains nothing by it."""
    admins = deciders_on(request, now=now)
    tell(
        NoticeEvent.APPROVAL_NEEDED,
        told_by(rules, _case_of(request), Audience.APPROVER, admins.told),
        lambda zone: _decision_needed(request, zone, now, must_activate=not admins.people),
        key=f"request:{request.id}:decision_needed",
        now=now,
    )


def reminder_for_admins(
    request: AccessRequest, admins: Approvers, *, rules: RoleRules, now: datetime
) -> list[Letter]:
    """To those who can still decide."""
    return letters(
        told_by(rules, _case_of(request), Audience.APPROVER, admins.told),
        lambda zone: still_open(_decision_needed(request, zone, now, must_activate=not admins.people)),
    )


def tell_admin_decided(
    request: AccessRequest, admin: User, *, said: str, rules: RoleRules, now: datetime
) -> None:
    """The requester hears what came of it, and whoever else was asked that it is settled. Of what was given
    the admins hear, too; whoever knows of it already not again."""

    def build_to(link: str) -> Build:
        return lambda zone: _decided(request, admin.name, said, zone, now, link=link)

    asked = told_by(rules, _case_of(request), Audience.APPROVER, deciders_on(request, now=now).people)
    for_requester = build_to(request.get_absolute_url())
    written = [
        *letters([request.person.recipient], for_requester),
        *letters([each for each in asked if each != admin.recipient], build_to(request.get_decide_url())),
    ]
    key = f"request:{request.id}:decided"
    notifications.notify_each(key=key, letters=written, announced=for_requester(UTC), now=now)
    if request.state == State.PROVISIONED:
        known = [recipient for recipient, _ in written]
        tell_assigned(request, by=admin.party, rules=rules, but=known, now=now)


def tell_assigned(
    request: AccessRequest, *, by: Party, rules: RoleRules, but: Iterable[Recipient] = (), now: datetime
) -> None:
    """A person hears what they were given, or what has changed, and the other admins of the place do.
    Members of a group see it in their own list."""
    given = _Given(request, by, now)
    admins = [user for user in admins_of(request.resource, now=now) if str(user.id) != by.id]
    told = {Audience.HOLDER: (_holder(request), given.to_holder), Audience.ADMIN: (admins, given.to_admin)}
    announced = given.to_admin(UTC)
    tell_cells(rules, _case_of(request), told, key=given.key, announced=announced, but=but, now=now)


def tell_holder(request: AccessRequest, *, by: Party, rules: RoleRules, now: datetime) -> None:
    """`tell_assigned` for one of many: admins hear of all of them together (`many`)."""
    given = _Given(request, by, now)
    told = {Audience.HOLDER: (_holder(request), given.to_holder)}
    announced = given.to_admin(UTC)
    tell_cells(rules, _case_of(request), told, key=given.key, announced=announced, now=now)


def warn_of_own_grant(request: AccessRequest, *, by: Party, now: datetime) -> None:
    """Somebody gave themself something, because nobody else could decide: every admin hears of it, also those
    who could not be reached, whatever the settings of the role say."""
    found = admins_on(managed_resource(request.resource, now=now), now=now)
    told = set(User.objects.filter(id__in=found.active | found.could))
    told |= set(admins_of(request.resource, now=now))
    people = sorted((user for user in told if str(user.id) != by.id), key=lambda user: user.name)
    recipients = [user.recipient for user in people]
    key, build = f"request:{request.id}:own", partial(_own, request, by, now=now)
    tell(NoticeEvent.GRANTED_ONESELF, recipients, build, key=key, now=now)


def deciders_on(request: AccessRequest, *, now: datetime) -> Approvers:
    """The admins who can decide on it and gain nothing by it."""
    return other_admins(request.resource, principal_id=request.principal_id, actor=request.person, now=now)


def _holder(request: AccessRequest) -> list[User]:
    return [] if request.principal.is_group else [request.principal.user]


def _case_of(request: AccessRequest) -> NoticeCase:
    return NoticeCase.ACTIVE if request.kind == Assignment.Kind.ACTIVE else NoticeCase.ELIGIBLE


# ---- In which words ----------------------------------------------------------------------------------------


def _decision_needed(request: AccessRequest, zone: tzinfo, now: datetime, *, must_activate: bool) -> Message:
    first = "Activate your own role first, then decide. " if must_activate else ""
    lapses, what = short(present(request.deadline_at), zone, now=now), what_is_asked(request)
    return Message(
        event=NoticeEvent.APPROVAL_NEEDED,
        subject=f"PIM: Review {request.requester_name}'s request to {what}",
        text=f"{request.requester_name} asks to {what}. {first}The first answer counts. "
        f"It times out {lapses}.",
        facts=facts_of_request(request, zone),
        link=request.get_decide_url(),
        buttons=(
            Button("Approve", f"{request.get_decide_url()}?choice=approve"),
            Button("Deny", f"{request.get_decide_url()}?choice=deny", danger=True),
        ),
    )


_EVENTS = {
    State.PROVISIONED: NoticeEvent.REQUEST_APPROVED,
    State.DENIED: NoticeEvent.REQUEST_DENIED,
    State.FAILED: NoticeEvent.REQUEST_FAILED,
}


def _decided(
    request: AccessRequest, admin: str, said: str, zone: tzinfo, now: datetime, *, link: str
) -> Message:
    state = State(request.state)
    word, sentence = DECIDED.get(state, APPROVED)
    given = _comes_of_it(request, zone, now) if state == State.PROVISIONED else ""
    answer = (("Decided by", admin), ("They say", said if said != request.closing_reason else ""))
    return Message(
        event=_EVENTS[state],
        subject=f"PIM: {request.requester_name}'s request to {what_is_asked(request)} was {word}",
        text=" ".join(filter(None, (f"{admin} {sentence}", given, request.closing_reason))),
        facts=facts_of_request(request, zone, *answer),
        link=link,
    )


def _comes_of_it(request: AccessRequest, zone: tzinfo, now: datetime) -> str:
    result = present(request.result)
    until = f"until {short(result.ends_at, zone, now=now)}" if result.ends_at else "permanently"
    return (
        f"{request.principal.name} is {result.get_kind_display().lower()} for {request.role.name}, {until}."
    )


_CHANGED = {Action.ADMIN_UPDATE: "changed", Action.SELF_EXTEND: "extended", Action.SELF_RENEW: "renewed"}
_CHANGED |= {Action.ADMIN_EXTEND: "extended", Action.ADMIN_RENEW: "renewed"}


class _Given:
    """What a request gave or changed, in words: to the holder, who may activate it, and to an admin."""

    def __init__(self, request: AccessRequest, by: Party, now: datetime) -> None:
        self.request, self.row, self.by, self.now = request, present(request.result), by, now
        self.key = f"request:{request.id}:assigned"

    def to_holder(self, zone: tzinfo) -> Message:
        may_activate = self.row.kind == Assignment.Kind.ELIGIBLE and self.row.starts_at <= self.now
        buttons = (to_activate(self.row),) if may_activate else ()
        return self._message(self.row.get_absolute_url(), buttons, zone)

    def to_admin(self, zone: tzinfo) -> Message:
        return self._message(list_of(self.row, self.row.kind), (), zone)

    def _message(self, link: str, buttons: tuple[Button, ...], zone: tzinfo) -> Message:
        word = _CHANGED.get(Action(self.request.action))
        more = (("By", self.by.called), ("Why", self.request.justification))
        return Message(
            event=NoticeEvent.ASSIGNMENT_CHANGED if word else NoticeEvent.ROLE_ASSIGNED,
            subject=self._subject(word),
            text=self._text(word, zone),
            facts=facts_of(self.row, zone, *more),
            link=link,
            buttons=buttons,
        )

    def _subject(self, word: str | None) -> str:
        name, role = self.row.principal.name, self.row.role.name
        if word:
            return f"PIM: {name}'s {role} role was {word}"
        how = "permanently assigned" if self.row.is_permanent else "assigned"
        return f"PIM: {name} was {how} the {role} role"

    def _text(self, word: str | None, zone: tzinfo) -> str:
        row, ends_at = self.row, self.row.ends_at
        until = f"until {short(ends_at, zone, now=self.now)}" if ends_at else "permanently"
        what = f"{row.get_kind_display().lower()} for {row.role.name}, {until}."
        if word:
            return f"{self.by.called} {word} it: {row.principal.name} is {what}"
        return f"{self.by.called} made {row.principal.name} {what}"


def _own(request: AccessRequest, by: Party, zone: tzinfo, now: datetime) -> Message:
    given = _comes_of_it(request, zone, now)
    return Message(
        event=NoticeEvent.GRANTED_ONESELF,
        subject=f"PIM: {by.name} gave themself the {request.role.name} role",
        text=f"No other admin could be asked. {given} See that this is right.",
        facts=facts_of_request(request, zone),
        link=request.get_absolute_url(),
    )
