"""A world in which every route leads somewhere: who comes, what stands in the addresses, what forms send.

`tests/test_access_matrix.py` says who may do what in it; the fuzzer and the named attacks walk it too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import AuthenticatorDevice
from apps.accounts.services.links import send_link
from apps.alerts.models import AlertSettings
from apps.alerts.policy.catalogue import PRIVILEGED_GUEST
from apps.audit.vocabulary import CONSOLE
from apps.common.access import Provider
from apps.jobs.services import plan_job
from apps.notifications.models import Notice, WebhookDelivery
from apps.portal.demo.cast import CAST
from apps.reviews.services.keeping import stop_round
from apps.reviews.states import Answer, ApplyResult, NoAnswer
from apps.roles import built_in
from apps.roles.models import SettingsChange
from apps.roles.services.custom_roles import create_role
from tests.alerts.making import make_finding
from tests.factories import acting, activate, assign, make_group, make_resource, make_session
from tests.notifications.hooks import a_delivery
from tests.reviews.making import line_of, make_review, run, say, stage_of, start_review, terms_for


@pytest.fixture
def people(visitor, requester, approver, auditor, administrator):
    people = {"visitor": visitor, "requester": requester, "approver": approver}
    return {"anonymous": None} | people | {"auditor": auditor, "administrator": administrator}


def each(app: str, names: str, thing: Any) -> dict[str, Any]:
    """The routes of these names, each of which leads to the same thing."""
    return {f"{app}:{name}": thing for name in names.split()}


@pytest.fixture
def of_accounts(requester, now):
    session = make_session(requester, now=now)
    return {
        "accounts:delete_factor": AuthenticatorDevice.objects.get(user=requester),
        "accounts:link": send_link(user=requester, actor=CONSOLE, now=now),  # no key, so it opens nothing
        "accounts:end_session": SimpleNamespace(pk=session.public_id),  # its key is in no address
    }


@pytest.fixture
def of_requests(requester, eligible, needs_approval, now):
    past = now - timedelta(days=9)
    ended = assign(requester, built_in.SECURITY_READER, now=past, ends_at=past + timedelta(days=1))
    other = assign(requester, built_in.USER_ADMINISTRATOR, now=now)
    running = activate(other, requester, now=now).result
    ending = assign(requester, built_in.GLOBAL_READER, now=now, ends_at=now + timedelta(days=9))
    waiting = activate(eligible, requester, now=now)
    return {
        **each("access_requests", "deactivate extend", running),
        **each("access_requests", "request request_audit cancel decide", waiting),
        "access_requests:extend_assignment": ending,
        "access_requests:renew": ended,
        "access_requests:revoke_all": requester,
        "access_requests:change_assignments": ["remove"],
        **each("access_requests", "assignments add_assignments export_assignments", [Provider.DIRECTORY]),
        **each("access_requests", "provider_requests export_requests", [Provider.DIRECTORY]),
        **each("portal", "place_overview place_activations", [Provider.DIRECTORY]),
    }


@pytest.fixture
def of_people(requester):
    names = "person change_person send_link reset_factor disable_person enable_person"
    return each("administration", f"{names} person_audit export_person_audit", requester)


@pytest.fixture
def of_groups(now):
    group = make_group(now=now)
    names = "group export_group change_group manage_group release_group retire_group add_to_group"
    return {
        **each("administration", names, group),
        "administration:remove_from_group": [group.pk, group.pk],
    }


@pytest.fixture
def of_roles(now):
    custom = create_role(provider=Provider.DIRECTORY, name="Desk", actor=CONSOLE, now=now)
    named = [Provider.DIRECTORY, custom.pk]
    return {
        **each("administration", "roles export_roles create_role audit export_audit", [Provider.DIRECTORY]),
        **each(
            "administration", "role role_audit export_role_audit change_role delete_role retire_role", named
        ),
    }


@pytest.fixture
def of_resources(now):
    names = "resource change_resource move_resource retire_resource"
    return each("administration", names, make_resource(now=now))


@pytest.fixture
def of_settings(needs_approval):
    change = SettingsChange.objects.get()
    lists = "settings export_settings_list compare_settings change_many_settings"
    pages = "role_settings edit_settings inherit_settings copy_settings settings_history"
    return {
        **each("administration", lists, [Provider.DIRECTORY]),
        **each("administration", pages, [Provider.DIRECTORY, built_in.TEAMS_ADMINISTRATOR]),
        "administration:restore_settings": [Provider.DIRECTORY, change.role_id, change.pk],
    }


@pytest.fixture
def of_imports(requester, now):
    job = plan_job(kind="members", title="Members from a file", lines=[], actor=requester, now=now)
    return {
        **each("administration", "new_import import_template", ["assignments"]),
        **each("administration", "import stop_import reverse_import import_report", job),
    }


@pytest.fixture
def of_reviewing(administrator, eligible, approver, now):
    """The approver reviews what the requester may activate; whoever set it up does not."""
    terms = terms_for(eligible, reviewers=[approver], sends_mails=False, sends_reminders=False)
    round_ = start_review(administrator, terms, now=now)
    return {
        **each("reviews", "lines start answer_many recommendations export_round export_evidence", round_),
        "reviews:answer": [round_.pk, round_.items.get().pk],
    }


@pytest.fixture
def of_reviews(administrator, eligible, approver, now):
    """Set up over what the requester may activate; the approver reviews, and it has not begun."""
    review = make_review(administrator, terms_for(eligible, reviewers=[approver]), now=now)
    return {
        **each("reviews", "list create", [Provider.DIRECTORY]),
        **each("reviews", "review change end delete restore take_over", review),
    }


@pytest.fixture
def of_rounds(administrator, approver, requester, visitor, now):
    """One with two stages and an answer runs; one is completed, and one of its lines left to do by hand."""
    rows = [assign(each, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now) for each in (requester, visitor)]
    twice = {"stages": (stage_of(approver), stage_of(approver)), "proceeds": (Answer.DENY,)}
    running = start_review(administrator, terms_for(*rows, **twice), now=now)
    say(line_of(running, rows[0]), Answer.DENY, by=approver, now=now)
    silent = {"no_answer": NoAnswer.REMOVE, "applies_automatically": False}
    terms = terms_for(*rows, reviewers=[approver], **silent)
    completed = start_review(administrator, terms, now=now)
    stop_round(completed.pk, actor=acting(administrator, now=now), now=now)
    run(now=now)
    left = completed.items.first()
    completed.items.filter(pk=left.pk).update(apply_result=ApplyResult.NOT_SUPPORTED, applied_at=now)
    tabs = "round results reviewers round_settings rounds round_audit"
    actions = "remind reset_round stop_stage stop_round move_end change_reviewers"
    return {
        **each("reviews", f"{tabs} {actions}", running),
        "reviews:apply_round": completed,
        "reviews:note_handled": left,
    }


@pytest.fixture
def findings(now):
    """One that is open, and one that was dismissed."""
    said = {"dismissed_at": now, "dismissed_by": "Alma Admin", "dismissed_why": "Known"}
    return make_finding(now=now), make_finding(now=now, **said)


@pytest.fixture
def of_alerts(now):
    of = {"rule": PRIVILEGED_GUEST.id, "provider": Provider.DIRECTORY}
    AlertSettings.objects.create(**of, modified_at=now, modified_by="Alma Admin")
    names = "detail dismiss restore configure inherit"
    return {
        "alerts:list": [Provider.DIRECTORY],
        **each("alerts", names, [Provider.DIRECTORY, PRIVILEGED_GUEST.id]),
    }


@pytest.fixture
def of_notices(of_requests, approver):
    notice = Notice.objects.get(recipient_id=approver.pk, event="approval_needed")
    return {"notifications:open": notice, **each("portal", "demo_mail demo_mail_html", notice)}


@pytest.fixture
def of_webhooks(of_notices, now):
    """It was told of something, which can be sent again; made last, so that it hears of nothing else."""
    told = a_delivery(now=now)
    WebhookDelivery.objects.update(state="sent", sent_at=now, next_try_at=None)
    pages = "webhook change_webhook renew_webhook_secret delete_webhook"
    return {
        **each("administration", f"{pages} pause_webhook resume_webhook test_webhook", told.webhook),
        "administration:send_webhook_again": told,
    }


@pytest.fixture
def named(
    of_accounts,
    of_requests,
    of_people,
    of_groups,
    of_roles,
    of_resources,
    of_settings,
    of_imports,
    of_rounds,
    of_reviewing,
    of_reviews,
    of_alerts,
    of_notices,
    of_webhooks,
):
    """What stands in the addresses of the routes that name something."""
    of_administration = of_people | of_groups | of_roles | of_resources | of_settings | of_imports
    of_access_reviews = of_rounds | of_reviewing | of_reviews
    of_others = of_alerts | of_notices | of_webhooks
    return of_accounts | of_requests | of_administration | of_access_reviews | of_others


@pytest.fixture
def sent(named, eligible, findings):
    """What is sent where sending nothing would lead elsewhere."""
    return {
        "access_requests:activate": {"pick": str(eligible.pk), "duration": "x"},
        "access_requests:extend": {"duration": "x"},
        "access_requests:decide_many": {"pick": str(named["access_requests:decide"].pk)},
        "access_requests:change_assignments": {"pick": str(eligible.pk)},
        "alerts:dismiss": {"pick": str(findings[0].pk)},
        "alerts:restore": {"pick": str(findings[1].pk)},
        "portal:demo_sign_in": {"email": CAST[0].email},
    }


@pytest.fixture
def address_of(named) -> Callable[[str], str]:
    """The address of a route, with what it names."""

    def address(route: str) -> str:
        names = named.get(route, [])
        return reverse(route, args=names if isinstance(names, list) else [names.pk])

    return address
