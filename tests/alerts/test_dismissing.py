"""Dismissing what was found: who may, for how long, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.policy import SecondFactor
from apps.alerts.models import Finding
from apps.alerts.policy.catalogue import PRIVILEGED_GUEST
from apps.alerts.policy.dismissing import FindingFacts, can_dismiss, can_restore
from apps.alerts.services.dismissing import dismiss_findings, restore_findings
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import NotAllowed
from tests.access_requests.pages import code_of, said, text_of
from tests.alerts.making import NOW, make_finding
from tests.factories import acting, make_resource

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FACTS = FindingFacts(
    may_manage=True,
    place_name="Production",
    is_about_actor=False,
    why="Agreed with the board",
    days=30,
    factor=SecondFactor(NOW),
    now=NOW,
)


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({}, ()),
        ({"may_manage": False, "is_about_actor": True, "why": ""}, ("AdminRequestRule",)),
        ({"is_about_actor": True}, ("OwnFindingRule",)),
        ({"factor": SecondFactor(NOW - HOUR)}, ("MfaRule",)),
        ({"factor": None, "why": None}, ()),  # as a button asks
        ({"why": " \u200b"}, ("JustificationRule",)),
        ({"days": 0}, ()),
        ({"days": 8}, ("ExpirationRule",)),
    ],
)
def test_says_why_somebody_may_not_dismiss(changed, rules):
    assert can_dismiss(replace(FACTS, **changed)).rules == rules


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({"is_about_actor": True}, ()),
        ({"may_manage": False}, ("AdminRequestRule",)),
        ({"factor": SecondFactor(NOW - HOUR)}, ("MfaRule",)),
    ],
)
def test_lets_also_whom_it_is_about_take_a_dismissal_back(changed, rules):
    assert can_restore(replace(FACTS, **changed)).rules == rules


@pytest.fixture
def finding(now, production):
    return make_finding(now=now, resource=production)


def dismissed(*rows, by, now, days=30, why="Agreed"):
    return dismiss_findings([row.pk for row in rows], why=why, days=days, actor=acting(by, now=now), now=now)


def is_open(row, now):
    return Finding.objects.open(now).filter(pk=row.pk).exists()


def page_of(name, *rows, **asked):
    address = reverse(f"alerts:{name}", args=["resources", PRIVILEGED_GUEST.id])
    return address, {"pick": [str(row.pk) for row in rows]} | asked


def test_counts_again_by_itself_when_its_time_is_over(administrator, finding, now):
    dismissed(finding, by=administrator, now=now, days=7)

    assert not is_open(finding, now + 7 * DAY - timedelta(seconds=1))
    assert is_open(finding, now + 7 * DAY)


def test_stays_dismissed_until_that_is_taken_back(administrator, finding, now):
    dismissed(finding, by=administrator, now=now, days=0)
    assert not is_open(finding, now + 5000 * DAY)

    restore_findings([finding.pk], actor=acting(administrator, now=now), now=now)
    assert is_open(finding, now)


def test_writes_down_who_dismissed_what_where_and_why(administrator, finding, production, now):
    dismissed(finding, by=administrator, now=now, why="Agreed with the board")
    restore_findings([finding.pk], actor=acting(administrator, now=now), now=now)

    event = AuditEvent.objects.get(action=AuditAction.FINDING_DISMISSED)
    assert event.sentence == (
        "Alma Admin dismissed a finding of the alert “Guest with a privileged role” on Production."
    )
    assert (event.justification, event.resource_path) == ("Agreed with the board", production.path)
    assert event.details["until"] == (now + 30 * DAY).isoformat()
    back = AuditEvent.objects.get(action=AuditAction.FINDING_RESTORED)
    assert back.sentence.startswith("Alma Admin took back that a finding of")


def test_leaves_what_was_mended_or_dismissed_meanwhile(administrator, finding, now):
    mended = make_finding(now=now, mended_at=now, mended_how="gone")
    dismissed(finding, by=administrator, now=now, why="First")

    done = dismissed(finding, mended, by=administrator, now=now, why="Second")

    assert (list(done.findings), done.overtaken) == ([], 2)
    finding.refresh_from_db()
    assert finding.dismissed_why == "First"


def test_dismisses_all_or_none(keeper, finding, sandbox, now):
    elsewhere = make_finding(now=now, resource=sandbox)

    with pytest.raises(NotAllowed, match="do not handle alerts on Sandbox"):
        dismissed(finding, elsewhere, by=keeper, now=now)

    assert is_open(finding, now)
    assert not AuditEvent.objects.filter(action=AuditAction.FINDING_DISMISSED).exists()


@pytest.mark.parametrize("said", ["about_id", "ids"])
def test_nobody_dismisses_what_is_about_themself(keeper, production, now, said):
    facts = {"about_id": str(keeper.pk), "ids": {"person": str(keeper.pk)}}
    own = make_finding(now=now, resource=production, **{said: facts[said]})

    with pytest.raises(NotAllowed, match="This is about you"):
        dismissed(own, by=keeper, now=now)


def test_a_keeper_dismisses_below_their_resource_on_the_page(client, keeper, finding, production, now):
    below = make_finding(now=now, resource=make_resource("Database", parent=production, now=now))
    client.force_login(keeper)
    send = {"days": "90", "why": "Needed until the move", "code": code_of(keeper)}

    page = client.post(*page_of("dismiss", finding, below, **send))

    assert page.status_code == 302
    assert said(page) == ["2 findings are dismissed."]
    assert not is_open(below, now)


def test_hides_what_lies_elsewhere_from_a_keeper(client, keeper, sandbox, now):
    client.force_login(keeper)
    elsewhere = make_finding(now=now, resource=sandbox)

    assert client.get(*page_of("dismiss", elsewhere)).status_code == 404
    assert elsewhere.text not in text_of(client.get(*page_of("detail")))


def test_shows_a_reader_why_they_may_not_dismiss(client, auditor, now):
    client.force_login(auditor)
    finding = make_finding(now=now)
    named = ["directory", PRIVILEGED_GUEST.id]

    page = text_of(client.get(reverse("alerts:detail", args=named)))
    refused = client.get(reverse("alerts:dismiss", args=named), {"pick": finding.pk})

    assert "Your active roles do not handle alerts on" in page
    assert 'name="pick"' not in page
    assert refused.status_code == 403


def test_leaves_out_of_many_what_one_may_not_dismiss(client, alma, finding, production, now):
    own = make_finding(now=now, resource=production, about_id=str(alma.pk), about_name=alma.name)

    shown = text_of(client.get(*page_of("dismiss", finding, own)))
    page = client.post(*page_of("dismiss", finding, own, days="0", why="Known", code=code_of(alma)))

    assert "Left out. This is about you." in shown
    assert said(page) == ["1 finding is dismissed."]
    assert is_open(own, now)


def test_says_what_somebody_else_was_faster_with(client, alma, finding, now, auditor):
    dismissed(finding, by=alma, now=now)

    page = client.post(*page_of("dismiss", finding, days="7", why="Known", code=code_of(alma)))

    assert said(page) == ["1 finding has changed meanwhile and has been left alone."]


def test_asks_for_a_reason_an_end_and_a_code(client, alma, finding):
    page = client.post(*page_of("dismiss", finding, why=" "))

    assert page.status_code == 400
    assert set(page.context["form"].errors) == {"days", "why", "code"}


def test_takes_back_on_the_page(client, alma, finding, now):
    dismissed(finding, by=alma, now=now)
    tab = client.get(*page_of("detail", tab="dismissed"))

    page = client.post(*page_of("restore", finding, code=code_of(alma)))

    assert "Agreed" in text_of(tab)
    assert said(page) == ["1 finding is open again."]
    assert is_open(finding, now)


def test_leads_back_where_nothing_was_picked(client, alma):
    page = client.get(*page_of("dismiss"))

    assert page["Location"] == reverse("alerts:detail", args=["resources", PRIVILEGED_GUEST.id])


def test_tells_how_something_was_mended(client, alma, production, now):
    make_finding(now=now, resource=production, mended_at=now, mended_how="off")
    make_finding(now=now, resource=production, mended_at=now, mended_how="gone")

    page = text_of(client.get(*page_of("detail", tab="history")))

    assert "Alert turned off" in page
    assert "No longer found" in page


def test_lists_many_findings_with_as_many_queries_as_few(client, alma, production, now):
    def queries(method, *asked):
        with CaptureQueriesContext(connection) as captured:
            getattr(client, method)(*asked)
        return len(captured)

    rows = [make_finding(now=now, resource=production) for _ in range(60)]
    client.get(*page_of("detail"))  # notes when the session was seen
    send = {"days": "7", "why": "Known"}

    assert queries("get", *page_of("detail", q=rows[0].about_name)) == queries("get", *page_of("detail"))
    assert queries("get", *page_of("dismiss", *rows[:2])) == queries("get", *page_of("dismiss", *rows))
    client.post(*page_of("dismiss", rows[0], code=code_of(alma), **send))
    few = queries("post", *page_of("dismiss", *rows[1:3], **send))
    assert queries("post", *page_of("dismiss", *rows[3:23], **send)) == few


def test_searches_names_roles_places_and_sentences(client, alma, production, now):
    make_finding(now=now, resource=production, about_name="Ann Ames", role="Contributor")
    make_finding(now=now, resource=production, about_name="Ben Baker")

    def found(q):
        page = client.get(*page_of("detail", q=q))
        return [line.finding.about_name for line in page.context["lines"]]

    assert found("ann contrib") == ["Ann Ames"]
    assert len(found("production")) == 2
    assert found("nobody") == []
