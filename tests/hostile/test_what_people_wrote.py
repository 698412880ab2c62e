"""Everything that people write is hostile: names, reasons, subjects. On every page it is text, in every table
that leaves as a file no formula. The fuzzer sends such texts; here they have arrived, wherever they can."""

from __future__ import annotations

import csv
import re

import pytest
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import Client

from apps.access_requests.models import AccessRequest, Approval
from apps.accounts.models import AuthenticatorDevice, Group, Principal, User
from apps.alerts.models import Finding
from apps.assignments.models import Assignment
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party
from apps.jobs.models import Job
from apps.notifications.models import Notice, Webhook, WebhookDelivery
from apps.reviews.models import Decision, Item, Review
from apps.roles.models import Resource, RoleDefinition, SettingsChange
from tests.fuzz.values import UNESCAPED
from tests.test_access_matrix import EXPECTED

pytestmark = pytest.mark.django_db

HOSTILE = "=1+1;<zq7 onload=alert(1)>\"zq7 'zq7"
WRITTEN = {
    AuthenticatorDevice: ["name"],
    Principal: ["name"],
    User: ["job_title", "department"],
    Group: ["description"],
    AccessRequest: ["requester_name", "justification", "ticket_number", "ticket_system", "closing_reason"],
    Approval: ["justification"],
    Assignment: ["ended_by"],
    Job: ["title", "actor_name"],
    Notice: ["recipient_name", "subject", "text", "trouble"],
    Webhook: ["name", "created_by"],
    WebhookDelivery: ["subject", "trouble"],
    Review: ["name", "description", "extra_text"],
    Item: ["holder_name", "role_name", "resource_name", "recommendation_reason", "outcome_reason"],
    Decision: ["reason"],
    Resource: ["kind", "name"],
    RoleDefinition: ["name", "description", "usage", "enforced_by"],
    SettingsChange: ["by_name"],
    Finding: ["place_name", "about_name", "role", "text"],
}
_FORMULA = re.compile(r"\s*[-=+@＝＋－＠]")


@pytest.fixture
def ask(people, address_of, sent, now):
    """Everything that people wrote is hostile from here on, and one event of the log."""
    browsers = {who: Client() for who in people}
    for who, browser in browsers.items():
        if people[who]:
            browser.force_login(people[who])
    for model, names in WRITTEN.items():
        model.objects.update(**{name: Concat(Value(HOSTILE), F(name)) for name in names})
    somebody = Party("user", str(people["requester"].pk), HOSTILE)
    record(AuditAction.PERSON_CHANGED, actor=somebody, at=now, target=somebody, justification=HOSTILE)

    def answer(method: str, route: str, who: str):
        return getattr(browsers[who], method)(address_of(route), sent.get(route, {}))

    return answer


def who_sees(cells: dict[str, str]) -> str | None:
    return next((who for who in reversed(cells) if cells[who].startswith("200/")), None)


def test_shows_on_every_page_as_text_what_people_wrote(ask):
    shown, unescaped = set(), []

    for route, cells in EXPECTED.items():
        response = ask("get", route, who) if (who := who_sees(cells)) else None
        if response is None or not response.get("Content-Type", "").startswith("text/html"):
            continue
        page = response.content.decode()
        shown |= {route} if "&lt;zq7" in page else set()
        unescaped += [(route, mark) for mark in UNESCAPED if mark in page]

    assert unescaped == []
    assert len(shown) > 80


def test_computes_nothing_in_any_table_that_leaves_as_a_file(ask):
    tables, formulas = {}, []

    for route, cells in EXPECTED.items():
        if cells["administrator"] == "405/200":
            response = ask("post", route, "administrator")
            if response["Content-Type"].startswith("text/csv"):
                text = b"".join(response).decode("utf-8-sig")
                tables[route] = "zq7" in text
                cells = [cell for row in csv.reader(text.splitlines(keepends=True)) for cell in row]
                formulas += [(route, cell) for cell in cells if _FORMULA.match(cell)]

    assert formulas == []
    assert sum(tables.values()) >= 12
