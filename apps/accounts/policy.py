"""Whether a second factor is fresh, who may set one up or delete it, who may sign in, and how long to wait
after failures. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from apps.common.decision import ALLOWED, Decision, Refusal, denied
from apps.common.zones import zone_named, zone_names

if TYPE_CHECKING:
    from apps.accounts.models import User

# ---- The second factor -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SecondFactor:
    """When a person last proved their second factor in this session, and with which device.

    `in_this_post`: proven in the very POST that is being judged, not earlier in the session.
    `given_at`: when work was started with it that goes on by itself. What was fresh then counts for all of
    that work, for as long as `WORK_LASTS`.
    """

    verified_at: datetime | None
    in_this_post: bool = False
    device: str = ""
    given_at: datetime | None = None


NO_FACTOR = SecondFactor(None)
WORK_LASTS = timedelta(hours=24)


def is_fresh(factor: SecondFactor, *, now: datetime, max_age_seconds: int, each_time: bool = False) -> bool:
    """Whether the factor counts. `each_time`: only when it was proven in this POST. A stamp from the future,
    which only a clock that was set back can leave, does not count."""
    if factor.verified_at is None or (each_time and not factor.in_this_post):
        return False
    if factor.given_at is not None and not timedelta(0) <= now - factor.given_at <= WORK_LASTS:
        return False
    used_at = now if factor.given_at is None else factor.given_at
    return timedelta(0) <= used_at - factor.verified_at <= timedelta(seconds=max_age_seconds)


def code_wait(failures: int) -> timedelta:
    """The wait after so many wrong codes in a row: 1, 2, 4 … seconds, at most 15 minutes."""
    return _doubling(timedelta(seconds=1), failures - 1, timedelta(minutes=15)) if failures else timedelta(0)


# ---- Setting up and deleting a second factor ---------------------------------------------------------------

SETTING_UP_LASTS = timedelta(minutes=30)  # from what allowed it to the first code of the new app
ENROLMENT_CODE_LASTS = timedelta(days=7)
INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=24)
RECOVERY_LASTS = timedelta(hours=1)  # of a link on the console, where whoever made it sits
RECOVERY_CODES = 10
FEW_RECOVERY_CODES = 3  # so few are left that the person is told

_NOT_FRESH = Refusal("MfaRule", "Confirm with your second factor.", "code")


class Ground(StrEnum):
    """What allows a person to set up a second factor."""

    FACTOR = "factor"  # a fresh one of theirs
    RECOVERY_CODE = "recovery_code"  # theirs are lost
    ENROLMENT_CODE = "enrolment_code"  # it is their first
    LINK = "link"  # likewise, with the link to their own address that they have just used
    DEMO = "demo"  # likewise, where nothing is at stake


_FOR_THE_FIRST = {Ground.ENROLMENT_CODE, Ground.LINK, Ground.DEMO}


def can_set_up_factor(
    ground: Ground,
    *,
    is_enrolled: bool,
    factor_is_fresh: bool = False,
    link_was_used: bool = False,
    in_demo: bool = False,
) -> Decision:
    """Whether this ground will do. A code is not judged here: it is spent."""
    if ground == Ground.FACTOR and not factor_is_fresh:
        return Decision((_NOT_FRESH,))
    if ground == Ground.LINK and not link_was_used:
        return denied("EnrolmentRule", "The time of your link is over. Ask an administrator for another one.")
    if ground == Ground.DEMO and not in_demo:
        return denied("EnrolmentRule", "Your first second factor needs an enrolment code.")
    return _suits(ground, is_enrolled=is_enrolled)


def can_confirm_factor(ground: Ground, *, is_enrolled: bool, began_at: datetime, now: datetime) -> Decision:
    """Whether one that is being set up may still be finished: soon, and while its ground holds."""
    if now - began_at >= SETTING_UP_LASTS:
        return denied("EnrolmentRule", "The time to set this up is over. Begin again.")
    return _suits(ground, is_enrolled=is_enrolled)


def can_delete_factor(*, others: int, factor_is_fresh: bool) -> Decision:
    """Whether one factor may go. Without any, the person could activate nothing that asks for one."""
    last = Refusal("LastFactor", "This is your only second factor. Add another one first.")
    return Decision((() if others else (last,)) + (() if factor_is_fresh else (_NOT_FRESH,)))


def can_make_recovery_codes(*, factor_is_fresh: bool) -> Decision:
    return ALLOWED if factor_is_fresh else Decision((_NOT_FRESH,))


def can_get_link(*, is_enabled: bool) -> Decision:
    """Whether a link to their own address would be of use to somebody."""
    return ALLOWED if is_enabled else denied("AccountDisabled", "This account is disabled. Enable it first.")


def can_issue_enrolment_code(*, is_enrolled: bool) -> Decision:
    sentence = "This person has a second factor already. An enrolment code is for the first one only."
    return denied("EnrolmentRule", sentence) if is_enrolled else ALLOWED


def _suits(ground: Ground, *, is_enrolled: bool) -> Decision:
    """Some grounds are for the first factor, the others for whoever has one."""
    if is_enrolled and ground in _FOR_THE_FIRST:
        return denied("EnrolmentRule", "You have a second factor. Confirm with it to add another one.")
    if not is_enrolled and ground not in _FOR_THE_FIRST:
        return denied("EnrolmentRule", "You have no second factor. Set up your first one.")
    return ALLOWED


# ---- Sign-in -----------------------------------------------------------------------------------------------


def can_sign_in(user: User) -> Decision:
    return ALLOWED if user.is_enabled else denied("AccountDisabled", "This account is disabled.")


@dataclass(frozen=True)
class Limit:
    """Some failures are free, then waits double from `first` to `longest`. Failures are forgotten with time,
    one each `leak`, so that the typing errors of a large office never add up."""

    free: int
    first: timedelta
    longest: timedelta
    leak: timedelta

    def wait(self, failures: float) -> timedelta:
        over = round(failures) - self.free  # a failure of a moment ago still counts as a whole one
        return timedelta(0) if over < 0 else _doubling(self.first, over, self.longest)

    def remaining(self, failures: float, elapsed: timedelta) -> float:
        """How many of the failures still count after some quiet time."""
        return max(0.0, failures - elapsed / self.leak)


# One person at one place: who has forgotten a password, or guesses it.
ACCOUNT_AND_NETWORK = Limit(
    free=3, first=timedelta(seconds=5), longest=timedelta(minutes=15), leak=timedelta(minutes=10)
)
# One place, all persons: a common password tried on everybody. It does not hold browsers that the person has
# used, or one machine could shut out everybody who shares its address.
NETWORK = Limit(free=30, first=timedelta(seconds=1), longest=timedelta(minutes=5), leak=timedelta(minutes=2))
# One person, all places: many machines guess together. Browsers that this person has used are exempt.
ACCOUNT = Limit(
    free=20, first=timedelta(seconds=5), longest=timedelta(minutes=15), leak=timedelta(minutes=15)
)
# One person's enrolment and recovery codes, from wherever they are tried. Sixty random bits need no more.
ONE_TIME_CODES = Limit(
    free=5, first=timedelta(seconds=5), longest=timedelta(minutes=15), leak=timedelta(minutes=15)
)
# After this long nothing is left of any failure: the row can go.
FORGOTTEN_AFTER = timedelta(days=1)


def network_of(address: str) -> str:
    """The network that counts as one place: the address itself for IPv4, its /64 for IPv6, where one
    customer has all addresses. What is no address belongs to one nameless network."""
    try:
        ip = ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or IPv6Network((int(ip), 64), strict=False))
    return str(ip)


def session_lasts(
    *, signed_in_at: datetime, seen_at: datetime, now: datetime, idle_seconds: int, longest_seconds: int
) -> bool:
    """Whether a session still counts: used within the idle limit, and begun within the absolute one."""
    idle, age = now - seen_at, now - signed_in_at
    return idle < timedelta(seconds=idle_seconds) and age < timedelta(seconds=longest_seconds)


# ---- Time zones --------------------------------------------------------------------------------------------


_REGIONS = set("Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific".split())  # noqa: SIM905


def zones_by_region(own: str) -> dict[str, list[str]]:
    """What people choose from: the zones named for places, by region. UTC stands before them under no region,
    and so does the person's own where it goes by another name."""
    regions: dict[str, list[str]] = {"": []}
    for name in sorted(zone_names()):
        region = name.partition("/")[0]
        if region in _REGIONS:
            regions.setdefault(region, []).append(name)
        elif name in {"UTC", own}:
            regions[""].append(name)
    return regions


def zone_of(user: User) -> ZoneInfo:
    """The zone this person reads times in."""
    return zone_named(user.time_zone)


def wait_in_words(wait: timedelta) -> str:
    """A wait, rounded up, so that who comes back after it is not sent away again: "8 s", "3 min"."""
    seconds = ceil(wait.total_seconds())
    return f"{seconds} s" if seconds < 60 else f"{ceil(seconds / 60)} min"


def _doubling(first: timedelta, times: int, longest: timedelta) -> timedelta:
    # 2**30 seconds are 34 years: a larger power would only overflow.
    return min(first * (1 << min(times, 30)), longest)
