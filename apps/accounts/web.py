"""What the pages of higher apps use of accounts: sessions, the second-factor field and its freshness."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django_otp import DEVICE_ID_SESSION_KEY as _DEVICE
from django_otp.models import Device

from apps.accounts.browsers import browser_in_words
from apps.accounts.forms.fields import TimeZoneField  # noqa: F401 (likewise)
from apps.accounts.forms.picker import PrincipalField, PrincipalsField  # noqa: F401 (offered to higher apps)
from apps.accounts.models import AccountLink, AuthenticatorDevice, User
from apps.accounts.pickers import ANYBODY, GROUPS, PEOPLE, Pickable  # noqa: F401 (likewise)
from apps.accounts.policy import NO_FACTOR, SecondFactor, is_fresh, network_of
from apps.accounts.selectors import has_second_factor
from apps.accounts.services.factors import verify_code
from apps.accounts.sessions import BROWSER, NETWORK, PUBLIC_ID, SEEN, SIGNED_IN
from apps.common.errors import NotAllowed
from apps.common.web.addresses import client_address
from apps.common.web.forms import PortalForm

_STAMP = "second_factor_at"
_WORK = "work_begun"
_USED_LINK = "used_link"
_KNOWN_BROWSER = "pim_known"
_KNOWN_BROWSER_AGE = timedelta(days=180)
_KNOWN_BROWSER_PEOPLE = 5
_NOT_ENROLLED = "This asks for a second factor, and you have none yet. Set one up first."


# ---- Sessions ----------------------------------------------------------------------------------------------


def start_session(request: HttpRequest, user: User) -> None:
    """Sign in with nothing left of an earlier session: new key, no second factor, whoever was here before."""
    request.session.flush()
    auth.login(request, user)
    describe_session(request)


def describe_session(request: HttpRequest) -> None:
    """Note in the session when and where it began, for its limits and for the list of sessions."""
    request.session[PUBLIC_ID] = str(uuid4())
    request.session[SIGNED_IN] = request.session[SEEN] = request.now.isoformat()
    request.session[BROWSER] = browser_in_words(request.headers.get("User-Agent", ""))
    request.session[NETWORK] = network_of_request(request)


def note_used_link(request: HttpRequest, link: AccountLink) -> None:
    """This session, and no other, may set up the second factor that the link is for."""
    request.session[_USED_LINK] = str(link.pk)


def used_link_id(request: HttpRequest) -> UUID | None:
    link_id = request.session.get(_USED_LINK)
    return UUID(link_id) if link_id else None


def keep_this_session(request: HttpRequest) -> str:
    """The key of this session, made new for it, so that ending all others also ends a copy of the old key."""
    request.session.cycle_key()
    return request.session.session_key


def next_url(request: HttpRequest, default: str = "") -> str:
    """Where to go afterwards: the local address that `next` names, else `default` or home."""
    return _local_next(request) or resolve_url(default or settings.LOGIN_REDIRECT_URL)


def with_next(request: HttpRequest, route: str) -> str:
    """The address of `route`, which takes the `next` of this request along."""
    target = _local_next(request)
    return f"{resolve_url(route)}?{urlencode({'next': target})}" if target else resolve_url(route)


def _local_next(request: HttpRequest) -> str:
    """A path: what has no slash in front is no address that any page here writes, and `redirect` would take
    it for the name of a view."""
    target = request.POST.get("next", request.GET.get("next", ""))
    is_local = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_local and target.startswith("/") else ""


def network_of_request(request: HttpRequest) -> str:
    """Where the request comes from, as sign-in counts it."""
    return network_of(client_address(request))


def known_people(request: HttpRequest) -> list[str]:
    """The ids of those who signed in with this browser before, the latest first."""
    ids = request.get_signed_cookie(_KNOWN_BROWSER, default="", max_age=_KNOWN_BROWSER_AGE)
    return ids.split() if ids else []


def remember_browser(request: HttpRequest, response: HttpResponse, user_id: UUID) -> None:
    others = [other for other in known_people(request) if other != str(user_id)]
    response.set_signed_cookie(
        _KNOWN_BROWSER,
        " ".join([str(user_id), *others][:_KNOWN_BROWSER_PEOPLE]),
        max_age=_KNOWN_BROWSER_AGE,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


# ---- The second factor of this session ---------------------------------------------------------------------


def second_factor_of(request: HttpRequest) -> SecondFactor:
    """When it was last proven in this session; `NO_FACTOR` if never, or if its device is gone."""
    stamp, device = request.session.get(_STAMP), _device_of(request)
    if not stamp or device is None:
        return NO_FACTOR
    return SecondFactor(datetime.fromisoformat(stamp), device=device.name)


def fresh_until(request: HttpRequest) -> datetime | None:
    """Until when the second factor of this session counts; `None` if it does not count now."""
    factor = second_factor_of(request)
    if factor.verified_at is None or not _is_fresh(factor, request.now):
        return None
    return factor.verified_at + timedelta(seconds=settings.SECOND_FACTOR_MAX_AGE)


def begin_work(request: HttpRequest, name: str, factor: SecondFactor) -> None:
    """This session goes on with the work of this name without being asked again: on this proof."""
    device = _device_of(request).persistent_id
    proof = [factor.verified_at.isoformat(), request.now.isoformat(), device]
    request.session[_WORK] = request.session.get(_WORK, {}) | {name: proof}


def work_factor(request: HttpRequest, name: str) -> SecondFactor:
    """The proof on which the work of this name was begun; `NO_FACTOR` where it was not begun in this session,
    or with a device that is gone. For how long it counts is a rule of that work."""
    proof, device = request.session.get(_WORK, {}).get(name), _device_of(request)
    if proof is None or device is None:
        return NO_FACTOR
    verified_at, begun_at, persistent_id = proof
    if device.persistent_id != persistent_id:
        return NO_FACTOR
    return SecondFactor(
        datetime.fromisoformat(verified_at),
        device=device.name,
        given_at=datetime.fromisoformat(begun_at),
    )


def prove_second_factor(request: HttpRequest, code: str) -> SecondFactor:
    """Spend the code and stamp the session, under a new key. Raises `NotAllowed` with a sentence."""
    device = verify_code(user=request.user, code=code, now=request.now)
    request.session.cycle_key()
    return accept_second_factor(request, device)


def accept_second_factor(request: HttpRequest, device: AuthenticatorDevice) -> SecondFactor:
    """Stamp the session: this device was proven in this very POST."""
    request.session[_DEVICE], request.session[_STAMP] = device.persistent_id, request.now.isoformat()
    request.proved_with = device
    return SecondFactor(request.now, in_this_post=True, device=device.name)


def _device_of(request: HttpRequest) -> AuthenticatorDevice | None:
    """With what this session proved its second factor, if that still is a device of the person's. Most pages
    do not want to know, so it is looked up when one does."""
    if not hasattr(request, "proved_with"):
        known = request.session.get(_DEVICE)
        device = Device.from_persistent_id(known) if known else None
        counts = device is not None and device.confirmed and device.user_id == request.user.pk
        request.proved_with = device if counts else None
    return request.proved_with


def _is_fresh(factor: SecondFactor, now: datetime, *, each_time: bool = False) -> bool:
    max_age = settings.SECOND_FACTOR_MAX_AGE
    return is_fresh(factor, now=now, max_age_seconds=max_age, each_time=each_time)


# ---- The form ----------------------------------------------------------------------------------------------


class CodeInput(forms.PasswordInput):
    """Readable while it is typed. Like a password, a code that was sent is not shown again: it is spent."""

    input_type = "text"


class CodeField(forms.RegexField):
    """Six digits, with or without the space that some apps show in the middle."""

    widget = CodeInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 7})

    def __init__(self, **kwargs: Any) -> None:
        messages = {
            "required": "Enter the six digits that your authenticator app shows.",
            "invalid": "A code has six digits.",
        }
        super().__init__(r"\A[0-9]{6}\Z", label="Second factor code", error_messages=messages, **kwargs)

    def to_python(self, value: str | None) -> str:
        return "".join(super().to_python(value).split())


class StepUpForm(PortalForm):
    """A form for what may need a second factor. It asks for a code exactly when one is missing.

    A right code counts even when other fields are wrong: the session is fresh then, and the form does not ask
    again. With `each_time` a code is bound to one POST, so it is left unspent until the rest is right.
    After validation `second_factor` is the fact for policies. `is_enrolled` is False for a person who is
    asked for a code and has no device; `components/code_note.html` then leads to setting one up. A form
    that `has_preview` does without for a press on a button called `preview`: it changes nothing.
    """

    has_preview = False

    def __init__(
        self, *args: Any, request: HttpRequest, factor_required: bool, each_time: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.each_time = each_time
        self.second_factor = second_factor_of(request)
        self.is_enrolled = True
        if factor_required and not _is_fresh(self.second_factor, request.now, each_time=each_time):
            self._ask_for_code()

    def full_clean(self) -> None:
        """The code comes after everything else, whatever order the `clean` methods of subclasses follow."""
        super().full_clean()
        if not self.is_bound:
            return
        if not self.is_enrolled and not self.is_preview:
            self.add_error(None, _NOT_ENROLLED)
        elif code := self.cleaned_data.get("code"):
            self._prove(code)

    @property
    def is_preview(self) -> bool:
        return self.has_preview and "preview" in self.data

    @property
    def facts(self) -> dict[str, Any]:
        """What was given, without the code."""
        return {name: value for name, value in self.cleaned_data.items() if name != "code"}

    def _ask_for_code(self) -> None:
        self.is_enrolled = has_second_factor(self.request.user)
        if self.is_enrolled:
            self.fields["code"] = CodeField(required=not self.is_preview)
            self.fields["code"].widget.render_value = self.is_filling  # what was typed is not spent then

    def _prove(self, code: str) -> None:
        if self.each_time and self.errors:
            self.fields["code"].widget.render_value = True
            return
        try:
            self.second_factor = prove_second_factor(self.request, code)
        except NotAllowed as refusal:
            self.add_domain_error(refusal)
        else:
            if not self.each_time:
                del self.fields["code"]


class ConfirmForm(StepUpForm):
    """Of a page on which somebody administers: whoever sends it has proved their second factor. It asks for
    that and nothing else; subclasses put fields above it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, factor_required=True, **kwargs)

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(*self.rows(), *(Field("code", wrapper_class="code-field") for _ in self._code))
        return helper

    def rows(self) -> list[Any]:
        """The fields above the code, as the layout has them."""
        return [Field(name) for name in self.fields if name != "code"]

    @property
    def _code(self) -> list[str]:
        """It is asked for only when one is missing."""
        return ["code"] if "code" in self.fields else []
