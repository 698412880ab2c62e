"""The first hour: from an empty database to the first Global Administrator. Then this is closed for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps.access_requests.asks import THE_CONSOLE, Ask, Said
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.accounts.models import AccountLink, User
from apps.accounts.one_time_codes import bare, new_code
from apps.accounts.services.links import make_link
from apps.accounts.services.people import create_user
from apps.administration.selectors.installation import anybody_exists
from apps.administration.services.organisation import as_organisation
from apps.assignments.models import Assignment
from apps.audit.services import record
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.access import DIRECTORY_ID
from apps.common.decision import Refusal
from apps.common.encryption import fingerprint, fingerprints
from apps.common.errors import Conflict, NotAllowed
from apps.common.models import THE_ONE, Installation
from apps.common.organisation import organisation_name
from apps.roles.built_in import GLOBAL_ADMINISTRATOR
from apps.roles.services.resources import name_directory

_WHY = "Set up the portal"


@dataclass(frozen=True)
class Wanted:
    """What whoever sets the portal up says: the organisation, and who they are."""

    organisation: str
    name: str
    email: str


@transaction.atomic
def new_setup_code() -> str:
    """The code that the set-up page asks for, to be shown on the console; an earlier one no longer works.
    Raises `Conflict` once the portal is set up."""
    installation = _locked()
    _require_nobody(installation)
    code = new_code()
    Installation.objects.filter(set_up_at=None).update(setup_code=fingerprint(bare(code)))
    return code


def set_up(wanted: Wanted, *, now: datetime) -> AccountLink:
    """On the console. The link lets the first Global Administrator set password and second factor; it is
    mailed to nobody. Raises `Conflict` once the portal is set up, `Invalid` for a name or address that
    cannot be."""
    return _set_up(wanted, Q(), now)


def set_up_by_code(wanted: Wanted, *, code: str, now: datetime) -> AccountLink:
    """`set_up` on the page that anybody can open: the code shows that they have the console, too. Raises
    `NotAllowed` for a wrong one."""
    return _set_up(wanted, Q(setup_code__in=fingerprints(bare(code))), now)


@transaction.atomic
def _set_up(wanted: Wanted, allowed: Q, now: datetime) -> AccountLink:
    organisation = as_organisation(wanted.organisation)
    _claim(organisation, allowed, now)
    user = create_user(name=wanted.name, email=wanted.email, actor=CONSOLE, now=now)
    submit(_first_assignment(user), actor=THE_CONSOLE, now=now)
    name_directory(organisation_name())
    details = {"organisation": organisation}
    record(AuditAction.INSTALLATION_SET_UP, actor=CONSOLE, at=now, target=user.party, details=details)
    return make_link(user=user, now=now)


def _claim(organisation: str, allowed: Q, now: datetime) -> None:
    """By whoever is first."""
    installation = _locked()
    _require_nobody(installation)
    claimed = Installation.objects.filter(allowed, set_up_at=None).update(
        set_up_at=now, setup_code="", organisation=organisation
    )
    if not claimed:
        sentence = "That code is wrong, or a newer one was printed on the console."
        raise NotAllowed((Refusal("SetUpRule", sentence, "code"),))


def _locked() -> Installation:
    Installation.objects.get_or_create(pk=THE_ONE)
    return Installation.objects.select_for_update().get(pk=THE_ONE)


def _require_nobody(installation: Installation) -> None:
    if installation.set_up_at or anybody_exists():
        raise Conflict("This portal is set up already. Sign in.")


def _first_assignment(user: User) -> Ask:
    """Active and permanent: nobody else could give it back."""
    return Ask(
        Action.ADMIN_ASSIGN,
        principal_id=user.pk,
        role_id=GLOBAL_ADMINISTRATOR,
        resource_id=DIRECTORY_ID,
        kind=Assignment.Kind.ACTIVE,
        said=Said(justification=_WHY),
    )
