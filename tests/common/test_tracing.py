"""What a request is called: in the log, in what it writes, in its answer and on error pages."""

from __future__ import annotations

import json
import logging
from copy import deepcopy
from logging.config import DictConfigurator

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.common.logs import WithRequestId
from apps.common.origin import Origin, coming_from
from apps.notifications.mail import compose
from tests.factories import make_user
from tests.notifications.making import a_notice

HOME, SIGN_IN = reverse("portal:home"), reverse("accounts:sign_in")


@pytest.fixture
def access_log(caplog):
    caplog.set_level(logging.INFO, "access")
    return caplog


def the_line(access_log):
    (record,) = (record for record in access_log.records if record.name == "access")
    return record


def test_answers_with_a_new_name_each_time(client, db):
    names = {client.get(SIGN_IN)["X-Request-ID"] for _ in range(2)}

    assert len(names) == 2
    assert all(len(name) == 32 for name in names)


def test_writes_it_down_with_what_the_request_did(client, db):
    make_user("John Doe", now=timezone.now())

    name = client.post(SIGN_IN, {"email": "john.doe@example.com", "password": "wrong"})["X-Request-ID"]

    assert AuditEvent.objects.latest("at").trace_id == name


@pytest.mark.parametrize(
    ("proxies", "given", "believed"),
    [
        (1, "0f9a7c2b-named-by-a-proxy", True),
        (0, "0f9a7c2b-named-by-a-proxy", False),
        (1, "short", False),
        (1, "a" * 65, False),
        (1, "ends the line\r\nSet-Cookie: a=b", False),
    ],
)
def test_believes_the_name_of_a_proxy_of_ours(client, proxies, given, believed):
    with override_settings(PROXY_COUNT=proxies):
        answer = client.get("/health/live/", HTTP_X_REQUEST_ID=given)

    assert (answer["X-Request-ID"] == given) is believed


def test_logs_each_request_with_its_page_and_never_its_address(client, requester, access_log):
    client.force_login(requester)

    client.get(HOME, {"token": "secret-of-a-link"}, HTTP_AUTHORIZATION="Bearer secret-too")

    line = the_line(access_log)
    assert (line.method, line.route, line.status, line.user) == ("GET", "portal:home", 200, str(requester.pk))
    assert 0 <= line.ms < 60_000
    assert line.getMessage() == f"GET portal:home 200 {line.ms} ms {requester.pk}"
    assert "secret" not in str(vars(line))


def test_logs_what_leads_nowhere_without_saying_where(client, db, access_log):
    client.get("/an/address/")

    assert (the_line(access_log).status, the_line(access_log).route, the_line(access_log).user) == (
        404,
        "",
        "",
    )
    assert "/an/address/" not in access_log.text


def test_logs_no_static_files(client, db, access_log):
    client.get(f"{settings.STATIC_URL}css/portal.css").close()

    assert not [record for record in access_log.records if record.name == "access"]


@pytest.mark.parametrize(("page", "status"), [("/nowhere/", 404), (reverse("audit:all"), 403)])
def test_shows_it_on_error_pages(client, requester, page, status):
    client.force_login(requester)

    answer = client.get(page)

    assert answer.status_code == status
    assert f"Trace ID {answer['X-Request-ID']}" in answer.content.decode()


def written(form: str) -> str:
    """A record, as the settings have it written."""
    record = logging.LogRecord("apps", logging.INFO, "", 1, "Named %s", ("x\n2026 ERROR forged",), None)
    record.status = 200
    formatter = DictConfigurator({}).configure_formatter(deepcopy(settings.LOGGING["formatters"][form]))
    with coming_from(Origin(trace_id="abc")):
        WithRequestId().filter(record)
    return formatter.format(record)


def test_a_line_of_the_log_stays_one_line_and_names_the_request():
    assert written("line").endswith("INFO apps abc: Named x 2026 ERROR forged")


def test_a_line_of_json_holds_all_that_is_known():
    line = json.loads(written("json"))

    del line["timestamp"]
    assert line == {
        "level": "INFO",
        "logger": "apps",
        "request_id": "abc",
        "message": "Named x\n2026 ERROR forged",
        "status": 200,
    }


@pytest.mark.django_db
def test_a_mail_carries_the_name_of_what_wrote_it(now):
    with coming_from(Origin(trace_id="abc")):
        notice = a_notice(now=now)

    assert compose(notice).extra_headers["X-Request-ID"] == "abc"


@pytest.mark.django_db
def test_a_mail_of_the_console_carries_none(now):
    assert "X-Request-ID" not in compose(a_notice(now=now)).extra_headers
