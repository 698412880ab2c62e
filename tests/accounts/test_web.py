"""The second factor inside a form, and what a request tells about where it comes from."""

from datetime import timedelta

import pytest
from django import forms
from django.test import RequestFactory

from apps.accounts.services.factors import enrol_authenticator, verify_code
from apps.accounts.sessions import SessionStore
from apps.accounts.web import (
    StepUpForm,
    fresh_until,
    network_of_request,
    next_url,
    prove_second_factor,
    second_factor_of,
    start_session,
)
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction

SECOND = timedelta(seconds=1)


class ReasonForm(StepUpForm):
    """A form as the apps above write them: fields of its own, and a rule across fields after the base's."""

    reason = forms.CharField(max_length=10)

    def clean(self):
        super().clean()
        if self.cleaned_data.get("reason") == "because":
            self.add_error("reason", "Say more.")
        return self.cleaned_data


@pytest.fixture
def request_of():
    """A request as it reaches a view; `session` continues an earlier one."""

    def build(user, now, session=None):
        request = RequestFactory().post("/")
        request.user, request.now, request.session = user, now, session or SessionStore()
        return request

    return build


def reason_form(request, reason="Deploy", factor_required=True, **kwargs):
    data = {"reason": reason} | {name: kwargs.pop(name) for name in ["code"] if name in kwargs}
    return ReasonForm(data, request=request, factor_required=factor_required, **kwargs)


@pytest.fixture
def proven(request_of, person, device, now):
    """The session of somebody who proved their second factor at `now`."""
    request = request_of(person, now)
    prove_second_factor(request, device.code_at(now))
    return request.session


# ---- When a code is asked for ----------------------------------------------------------------------------


def test_asks_for_no_code_where_none_is_required(request_of, person, device, now):
    form = reason_form(request_of(person, now), factor_required=False)

    assert form.is_valid()
    assert "code" not in form.fields
    assert form.second_factor.verified_at is None


def test_asks_for_a_code_when_none_was_proven(request_of, person, device, now):
    form = reason_form(request_of(person, now))

    assert form.errors == {"code": ["Enter the six digits that your authenticator app shows."]}


@pytest.mark.parametrize(
    ("age", "asks"), [(0 * SECOND, False), (299 * SECOND, False), (300 * SECOND, False), (301 * SECOND, True)]
)
def test_asks_again_when_the_proof_is_older_than_five_minutes(request_of, person, now, proven, age, asks):
    form = reason_form(request_of(person, now + age, proven))

    assert ("code" in form.fields) is asks


def test_asks_each_time_where_the_role_says_so(request_of, person, now, proven):
    form = reason_form(request_of(person, now, proven), each_time=True)

    assert "code" in form.fields


def test_asks_again_when_the_device_is_gone(request_of, person, device, now, proven):
    device.delete()
    enrol_authenticator(user=person, name="New phone", actor=CONSOLE, now=now)

    form = reason_form(request_of(person, now, proven))

    assert "code" in form.fields


def test_tells_who_has_no_device_to_get_one(request_of, guest, now):
    form = reason_form(request_of(guest, now))

    assert not form.is_enrolled
    assert "code" not in form.fields
    assert "you have none yet. Set one up first." in form.non_field_errors()[0]


def test_shows_an_unsent_form_without_errors(request_of, guest, now):
    form = ReasonForm(request=request_of(guest, now), factor_required=True)

    assert not form.errors


# ---- What a code does ------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", ["", " "])
def test_takes_a_right_code_and_stamps_the_session(request_of, person, device, now, space):
    request = request_of(person, now)
    request.session["kept"] = "yes"
    request.session.save()
    key = request.session.session_key
    code = device.code_at(now)

    form = reason_form(request, code=code[:3] + space + code[3:])

    assert form.is_valid()
    assert (form.second_factor.verified_at, form.second_factor.in_this_post) == (now, True)
    assert form.second_factor.device == "Phone"
    assert request.session.session_key != key
    assert request.session["kept"] == "yes"
    assert not SessionStore().exists(key)


def test_knows_the_proof_in_the_next_request(request_of, person, now, proven):
    request = request_of(person, now + SECOND, proven)

    factor = second_factor_of(request)

    assert (factor.verified_at, factor.in_this_post, factor.device) == (now, False, "Phone")
    assert fresh_until(request) == now + 300 * SECOND
    assert fresh_until(request_of(person, now + 301 * SECOND, proven)) is None


def test_counts_no_proof_of_somebody_else_in_the_same_session(request_of, guest, now, proven):
    assert second_factor_of(request_of(guest, now, proven)).verified_at is None


def test_takes_a_right_code_though_another_field_is_wrong(request_of, person, device, now):
    request = request_of(person, now)

    form = reason_form(request, reason="because", code=device.code_at(now))

    assert form.errors == {"reason": ["Say more."]}
    assert "code" not in form.fields
    assert reason_form(request_of(person, now + SECOND, request.session)).is_valid()


def test_keeps_a_code_for_one_use_until_the_rest_is_right(request_of, person, device, now):
    code = device.code_at(now)

    form = reason_form(request_of(person, now), reason="because", code=code, each_time=True)

    assert form.errors == {"reason": ["Say more."]}
    assert f'value="{code}"' in str(form["code"])
    assert verify_code(user=person, code=code, now=now) == device


def test_binds_a_code_to_one_post_where_the_role_says_so(request_of, person, device, now):
    request = request_of(person, now)
    code = device.code_at(now)

    assert reason_form(request, code=code, each_time=True).is_valid()
    again = reason_form(request_of(person, now, request.session), code=code, each_time=True)

    assert again.errors == {"code": ["That code was used already. Wait for the next one."]}
    assert not again.second_factor.in_this_post


@pytest.mark.parametrize("code", ["12345", "1234567", "12a456", "１２３４５６", "9" * 5000, "123\x00456"])
def test_says_how_a_code_looks(request_of, person, device, now, code):
    form = reason_form(request_of(person, now), code=code)

    assert "A code has six digits." in form.errors["code"] or "Null characters" in form.errors["code"][0]
    assert not AuditEvent.objects.filter(action=AuditAction.FACTOR_REFUSED).exists()


def test_refuses_a_wrong_code_and_shows_it_no_more(request_of, person, device, now):
    wrong = f"{(int(device.code_at(now)) + 1) % 1_000_000:06}"
    request = request_of(person, now + 300 * SECOND)

    form = reason_form(request, code=wrong)

    assert "wrong" in form.errors["code"][0]
    assert form["reason"].value() == "Deploy"
    assert wrong not in str(form["code"])
    assert second_factor_of(request).verified_at is None


# ---- Sessions and requests -------------------------------------------------------------------------------


def test_starts_a_session_without_anything_of_an_earlier_one(request_of, person, now, proven):
    request = request_of(person, now, proven)
    key = request.session.session_key

    start_session(request, person)

    assert request.session.session_key != key
    assert second_factor_of(request_of(person, now, request.session)).verified_at is None


@pytest.mark.parametrize(
    ("proxies", "forwarded", "network"),
    [
        (0, "", "10.0.0.1"),
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
    ],
)
def test_believes_a_forwarded_address_only_from_proxies_of_ours(settings, proxies, forwarded, network):
    settings.PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.1")

    assert network_of_request(request) == network


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/requests/?tab=all", "/requests/?tab=all"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("\x00/requests/", "/"),
        ("2026", "/"),
        ("no:view", "/"),
    ],
)
def test_leads_to_addresses_of_the_portal_only(target, goes_to):
    assert next_url(RequestFactory().post("/sign-in/", {"next": target})) == goes_to
