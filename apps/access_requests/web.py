"""What the pages of higher apps use of requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from apps.access_requests.asks import Actor, Ask
from apps.access_requests.forms.fields import (  # noqa: F401 (offered to higher apps)
    REASON,
    JustificationField,
    later_start,
)
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.assigning import GroupFacts, may_pick
from apps.access_requests.selectors.my_roles import MyRoles
from apps.access_requests.selectors.waiting import Waiting
from apps.access_requests.services.answering import Answer
from apps.access_requests.states import WAITING
from apps.accounts.models import Group, User
from apps.accounts.policy import SecondFactor
from apps.accounts.web import second_factor_of
from apps.common.access import Provider
from apps.common.decision import Decision
from apps.common.text import counted
from apps.common.web.counting import counts_of

NAMED_AT_MOST = 3  # of several that were sent together; of more it is said how many


def waiting_of(request: HttpRequest) -> Waiting:
    """What waits around the person who is signed in: one value for all of this request, and for no other."""
    if not hasattr(request, "waiting"):
        counts = counts_of(request)
        request.waiting = Waiting(request.user, request.active, request.access, counts, now=request.now)
    return request.waiting


def my_roles_of(request: HttpRequest) -> MyRoles:
    """What the person who is signed in may activate, and what is active for them."""
    return MyRoles(request.user, request.holdings, waiting_of(request).mine, now=request.now)


def running_of(request: HttpRequest) -> MyRoles:
    """`my_roles_of` for pages about what is active alone."""
    return MyRoles(request.user, request.active, waiting_of(request).mine, now=request.now)


def actor_of(request: HttpRequest, second_factor: SecondFactor | None = None) -> Actor:
    """The person behind a page, as the door knows them. `second_factor`: as the form of this POST found it;
    else as the session has it."""
    factor = second_factor_of(request) if second_factor is None else second_factor
    return Actor.person(request.user, access=request.access, second_factor=factor)


def say_given(request: HttpRequest, answers: Iterable[Answer[Ask]]) -> None:
    """What became of each of a few assignments that were asked for, or of how many. What was refused is
    said by the form."""
    for text in _in_few_words([answer.request for answer in answers if answer.request]):
        messages.success(request, text)


def _in_few_words(items: list[AccessRequest]) -> list[str]:
    """What happened to each of a few, or to how many."""
    if len(items) <= NAMED_AT_MOST:
        return [_happened(item) for item in items]
    waiting = sum(item.state in WAITING for item in items)
    counts = [(len(items) - waiting, "added"), (waiting, "waiting for another administrator")]
    return [
        f"{counted(count, 'assignment')} of {items[0].role.name} {how}." for count, how in counts if count
    ]


def _happened(item: AccessRequest) -> str:
    what = f"{item.role.name} on {item.resource.name}"
    if item.result is None:
        return f"{item.principal.name}: {what} waits for another administrator ({item.number})."
    return f"{item.principal.name} is {item.result.get_kind_display().lower()} for {what}."


@dataclass(frozen=True)
class WayToAssign:
    """The page that gives roles of one provider, with somebody picked already, if it opens."""

    label: str
    url: str
    decision: Decision


def ways_to_assign(request: HttpRequest, holder: User | Group) -> list[WayToAssign]:
    """From the page of a person or group to giving them something, and back."""
    group = GroupFacts(holder.is_role_assignable, holder.is_managed) if isinstance(holder, Group) else None
    asked = urlencode({"principals": holder.pk, "next": request.get_full_path()})
    return [
        WayToAssign(
            provider.label,
            f"{reverse('access_requests:add_assignments', args=[provider])}?{asked}",
            may_pick(request.access, provider, group),
        )
        for provider in Provider
    ]
