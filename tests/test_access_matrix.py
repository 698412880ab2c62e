"""Who reaches which page: every route of the portal, for every kind of visitor, looking and sending."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from apps.accounts.models import Session, User

pytestmark = pytest.mark.django_db

# GET/POST; `in` leads to signing in. John, the requester, may activate Teams Administrator and waits for an
# answer; User Administrator runs for him. Ada, the approver, decides on the one and has a notice of it. The
# auditor sees the request, and the administrator could cancel it with a fresh second factor; but nobody
# decides where others are named, and what is John's own, only he touches. A 400 is a form that was reached:
# what this test sends has a fault.
TABLE = """
                             anonymous  visitor  requester  approver  auditor  administrator
portal:home                  in/in      200/405  200/405    200/405   200/405  200/405
portal:live                  200/405    200/405  200/405    200/405   200/405  200/405
portal:ready                 200/405    200/405  200/405    200/405   200/405  200/405
portal:metrics               404/405    404/405  404/405    404/405   404/405  404/405
portal:overview              in/in      403/405  200/405    403/405   200/405  200/405
portal:activations           in/in      403/405  200/405    403/405   200/405  200/405
portal:place_overview        in/in      403/405  403/405    403/405   200/405  200/405
portal:place_activations     in/in      403/405  403/405    403/405   200/405  200/405
portal:report                in/in      403/405  403/405    403/405   200/405  200/405
portal:print_report          in/in      403/405  403/405    403/405   200/405  200/405
portal:export_report         in/in      405/403  405/403    405/403   405/200  405/200
portal:demo_mailbox          200/405    200/405  200/405    200/405   200/405  200/405
portal:demo_mail             200/405    200/405  200/405    200/405   200/405  200/405
portal:demo_mail_html        200/405    200/405  200/405    200/405   200/405  200/405
portal:demo_codes            200/405    200/405  200/405    200/405   200/405  200/405
portal:demo_sign_in          405/302    405/302  405/302    405/302   405/302  405/302
accounts:find_principals     in/in      403/405  200/405    403/405   403/405  200/405
accounts:profile             in/in      200/400  200/400    200/400   200/400  200/400
accounts:password            in/in      200/400  200/400    200/400   200/400  200/400
accounts:link                404/404    404/404  404/404    404/404   404/404  404/404
accounts:end_other_sessions  in/in      405/302  405/302    405/302   405/302  405/302
accounts:end_session         in/in      405/404  405/302    405/404   405/404  405/404
accounts:sign_in             200/200    302/302  302/302    302/302   302/302  302/302
accounts:sign_out            405/302    405/302  405/302    405/302   405/302  405/302
accounts:add_factor          in/in      200/400  200/400    200/400   200/400  200/400
accounts:recover             in/in      200/400  200/400    200/400   200/400  200/400
accounts:confirm_factor      in/in      302/302  302/302    302/302   302/302  302/302
accounts:recovery_codes      in/in      200/400  200/400    200/400   200/400  200/400
accounts:delete_factor       in/in      404/404  200/400    404/404   404/404  404/404
administration:setup         404/404    404/404  404/404    404/404   404/404  404/404
administration:installation  in/in      403/403  403/403    403/403   403/403  200/403
administration:send_test_mail in/in     405/403  405/403    405/403   405/403  405/403
administration:mail          in/in      403/405  403/405    403/405   403/405  200/405
administration:send_mail_again in/in    403/403  403/403    403/403   403/403  403/403
administration:verify_log    in/in      405/403  405/403    405/403   405/403  405/302
administration:confirm_backup in/in     403/403  403/403    403/403   403/403  200/400
administration:webhooks      in/in      403/405  403/405    403/405   403/405  200/405
administration:webhook       in/in      403/405  403/405    403/405   403/405  200/405
administration:add_webhook   in/in      403/403  403/403    403/403   403/403  200/400
administration:change_webhook in/in     403/403  403/403    403/403   403/403  200/400
administration:renew_webhook_secret in/in 403/403 403/403   403/403   403/403  200/400
administration:pause_webhook in/in      403/403  403/403    403/403   403/403  200/400
administration:resume_webhook in/in     403/403  403/403    403/403   403/403  200/400
administration:delete_webhook in/in     403/403  403/403    403/403   403/403  200/400
administration:test_webhook  in/in      403/403  403/403    403/403   403/403  200/400
administration:send_webhook_again in/in 403/403  403/403    403/403   403/403  200/400
administration:imports       in/in      403/405  200/405    403/405   403/405  200/405
administration:new_import    in/in      403/403  403/403    403/403   403/403  200/400
administration:import_template in/in    403/405  403/405    403/405   403/405  200/405
administration:import        in/in      404/404  200/400    404/404   404/404  200/400
administration:stop_import   in/in      405/404  405/302    405/404   405/404  405/302
administration:reverse_import in/in     405/404  405/403    405/404   405/404  405/403
administration:import_report in/in      404/405  200/405    404/405   404/405  200/405
administration:people        in/in      403/405  200/405    403/405   200/405  200/405
administration:export_people in/in      405/403  405/200    405/403   405/200  405/200
administration:invite_person in/in      403/403  200/400    403/403   403/403  200/400
administration:person        in/in      403/405  200/405    403/405   200/405  200/405
administration:person_audit  in/in      403/405  403/405    403/405   200/405  200/405
administration:export_person_audit in/in 405/403 405/403    405/403   405/200  405/200
administration:change_person in/in      403/403  403/403    403/403   403/403  200/400
administration:send_link     in/in      403/403  403/403    403/403   403/403  200/400
administration:reset_factor  in/in      403/403  403/403    403/403   403/403  200/400
administration:disable_person in/in     403/403  403/403    403/403   403/403  200/400
administration:enable_person in/in      403/403  403/403    403/403   403/403  403/403
access_requests:my_roles     in/in      200/405  200/405    200/405   200/405  200/405
access_requests:activate     in/in      404/404  200/400    404/404   404/404  404/404
access_requests:extend       in/in      404/404  200/400    404/404   404/404  404/404
access_requests:extend_assignment in/in 404/404 200/400    404/404   404/404  404/404
access_requests:renew        in/in      404/404  200/400    404/404   404/404  404/404
access_requests:deactivate   in/in      405/404  405/302    405/404   405/404  405/404
access_requests:my_requests  in/in      200/405  200/405    200/405   200/405  200/405
access_requests:all_requests in/in      403/405  403/405    403/405   200/405  200/405
access_requests:export_all_requests in/in 405/403 405/403 405/403 405/200 405/200
access_requests:request      in/in      404/405  200/405    404/405   200/405  200/405
access_requests:request_audit in/in     404/405  403/405    404/405   200/405  200/405
access_requests:cancel       in/in      404/404  200/302    404/404   403/403  200/400
access_requests:approve      in/in      200/405  200/405    200/405   200/405  200/405
access_requests:decide       in/in      403/403  403/403    200/400   403/403  403/403
access_requests:decide_many  in/in      405/302  405/302    405/200   405/302  405/302
administration:groups        in/in      403/405  200/405    403/405   200/405  200/405
administration:export_groups in/in      405/403  405/200    405/403   405/200  405/200
administration:create_group  in/in      403/403  200/400    403/403   403/403  200/400
administration:group         in/in      404/405  200/405    404/405   200/405  200/405
administration:export_group  in/in      405/404  405/200    405/404   405/200  405/200
administration:change_group  in/in      404/404  200/400    404/404   403/403  200/400
administration:manage_group  in/in      404/404  200/400    404/404   403/403  200/400
administration:release_group in/in      404/404  200/400    404/404   403/403  200/400
administration:retire_group  in/in      404/404  200/400    404/404   403/403  200/400
administration:add_to_group  in/in      404/404  200/400    404/404   403/403  200/400
administration:remove_from_group  in/in 404/404  404/404    404/404   403/403  404/404
administration:audit         in/in      403/405  403/405    403/405   200/405  200/405
administration:export_audit  in/in      405/403  405/403    405/403   405/200  405/200
administration:search        in/in      200/405  200/405    200/405   200/405  200/405
administration:roles         in/in      403/405  403/405    403/405   200/405  200/405
administration:export_roles  in/in      405/403  405/403    405/403   405/200  405/200
administration:create_role   in/in      403/403  403/403    403/403   403/403  200/400
administration:role          in/in      403/405  403/405    403/405   200/405  200/405
administration:role_audit    in/in      403/405  403/405    403/405   200/405  200/405
administration:export_role_audit in/in  405/403  405/403    405/403   405/200  405/200
administration:change_role   in/in      403/403  403/403    403/403   403/403  200/400
administration:delete_role   in/in      403/403  403/403    403/403   403/403  200/400
administration:retire_role   in/in      403/403  403/403    403/403   403/403  200/400
administration:resources     in/in      403/405  403/405    403/405   403/405  200/405
administration:export_resources  in/in  405/403  405/403    405/403   405/403  405/200
administration:create_resource  in/in   403/403  403/403    403/403   403/403  200/400
administration:resource      in/in      404/405  404/405    404/405   404/405  200/405
administration:change_resource  in/in   404/404  404/404    404/404   404/404  200/400
administration:move_resource in/in      404/404  404/404    404/404   404/404  200/200
administration:retire_resource  in/in   404/404  404/404    404/404   404/404  200/400
access_requests:assignments         in/in 403/405 403/405 403/405 200/405 200/405
access_requests:provider_requests   in/in 403/405 403/405 403/405 200/405 200/405
access_requests:export_requests     in/in 405/403 405/403 405/403 405/200 405/200
access_requests:add_assignments     in/in 403/403 403/403 403/403 403/403 200/400
access_requests:export_assignments  in/in 405/403 405/403 405/403 405/200 405/200
access_requests:revoke_all          in/in 403/403 403/403 403/403 403/403 200/400
access_requests:change_assignments  in/in 404/404 404/404 404/404 403/403 200/400
administration:settings             in/in 403/405 403/405 403/405 200/405 200/405
administration:export_settings_list in/in 405/403 405/403 405/403 405/200 405/200
administration:role_settings        in/in 403/405 403/405 403/405 200/405 200/405
administration:settings_file        in/in 403/403 403/403 403/403 200/403 200/400
administration:export_settings      in/in 405/403 405/403 405/403 405/200 405/200
administration:compare_settings     in/in 403/405 403/405 403/405 200/405 200/405
administration:change_many_settings in/in 403/403 403/403 403/403 403/403 200/400
administration:copy_settings        in/in 403/403 403/403 403/403 403/403 200/400
administration:edit_settings        in/in 403/403 403/403 403/403 403/403 200/400
administration:inherit_settings     in/in 403/403 403/403 403/403 403/403 200/400
administration:settings_history     in/in 403/405 403/405 403/405 200/405 200/405
administration:restore_settings     in/in 403/403 403/403 403/403 403/403 200/400
# Access reviews: setting up
reviews:list                 in/in      403/405  403/405    403/405   200/405  200/405
reviews:create               in/in      403/403  403/403    403/403   403/403  200/400
reviews:review               in/in      404/405  404/405    404/405   302/405  302/405
reviews:change               in/in      404/404  404/404    404/404   403/403  200/400
reviews:end                  in/in      404/404  404/404    404/404   403/403  200/400
reviews:delete               in/in      404/404  404/404    404/404   403/403  200/400
reviews:restore              in/in      404/404  404/404    404/404   403/403  403/403
reviews:take_over            in/in      404/404  404/404    404/404   403/403  403/403
# Access reviews: files
reviews:history              in/in      403/405  403/405    403/405   200/405  200/405
reviews:export_history       in/in      405/403  405/403    405/403   405/200  405/200
reviews:export_round         in/in      405/404  405/404    405/404   405/200  405/200
reviews:export_evidence      in/in      405/404  405/404    405/404   405/200  405/200
# Access reviews: reviewing
reviews:review_access        in/in      200/405  200/405    200/405   200/405  200/405
reviews:lines                in/in      403/405  403/405    200/405   403/405  403/405
reviews:start                in/in      405/403  405/403    405/400   405/403  405/403
reviews:answer               in/in      405/403  405/403    405/400   405/403  405/403
reviews:answer_many          in/in      405/403  405/403    405/400   405/403  405/403
reviews:recommendations      in/in      403/403  403/403    200/400   403/403  403/403
# Access reviews: rounds
reviews:round                in/in      404/405  404/405    404/405   200/405  200/405
reviews:results              in/in      404/405  404/405    404/405   200/405  200/405
reviews:reviewers            in/in      404/405  404/405    404/405   200/405  200/405
reviews:round_settings       in/in      404/405  404/405    404/405   200/405  200/405
reviews:rounds               in/in      404/405  404/405    404/405   200/405  200/405
reviews:round_audit          in/in      404/405  404/405    404/405   200/405  200/405
reviews:remind               in/in      404/404  404/404    404/404   403/403  200/400
reviews:reset_round          in/in      404/404  404/404    404/404   403/403  200/400
reviews:stop_stage           in/in      404/404  404/404    404/404   403/403  200/400
reviews:stop_round           in/in      404/404  404/404    404/404   403/403  200/400
reviews:apply_round          in/in      404/404  404/404    404/404   403/403  200/400
reviews:move_end             in/in      404/404  404/404    404/404   403/403  200/400
reviews:change_reviewers     in/in      404/404  404/404    404/404   403/403  200/400
reviews:by_hand              in/in      403/405  403/405    403/405   200/405  200/405
reviews:note_handled         in/in      403/403  403/403    403/403   403/403  200/400
# Alerts
alerts:all                   in/in      403/405  403/405    403/405   200/405  200/405
alerts:scan                  in/in      405/403  405/403    405/403   405/302  405/302
alerts:list                  in/in      403/405  403/405    403/405   200/405  200/405
alerts:detail                in/in      403/405  403/405    403/405   200/405  200/405
alerts:fix                   in/in      403/403  403/403    403/403   302/302  302/302
alerts:discovery             in/in      403/405  403/405    403/405   200/405  200/405
alerts:dismiss               in/in      403/403  403/403    403/403   403/403  200/400
alerts:restore               in/in      403/403  403/403    403/403   403/403  200/400
alerts:configure             in/in      403/403  403/403    403/403   403/403  200/400
alerts:inherit               in/in      403/403  403/403    403/403   403/403  200/400
notifications:preferences    in/in      200/400  200/400    200/400   200/400  200/400
notifications:inbox          in/in      200/405  200/405    200/405   200/405  200/405
notifications:read_all       in/in      405/302  405/302    405/302   405/302  405/302
notifications:open           in/in      405/404  405/404    405/302   405/404  405/404
audit:mine                   in/in      200/405  200/405    200/405   200/405  200/405
audit:all                    in/in      403/405  403/405    403/405   200/405  200/405
audit:export                 in/in      405/403  405/403    405/403   405/200  405/200
"""

HEAD, *LINES = (line.split() for line in TABLE.strip().splitlines() if not line.startswith("#"))
EXPECTED = {route: dict(zip(HEAD, cells, strict=True)) for route, *cells in LINES}


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def ask(people, address_of, sent):
    """Asks for a route as one of the people, each in the one session that they began here."""
    sessions = {who: signed_in(person) for who, person in people.items()}

    def answer(method: str, route: str, who: str, **options: Any) -> HttpResponse:
        client = Client(**options)
        client.cookies = copy(sessions[who])
        return getattr(client, method)(address_of(route), sent.get(route, {}))

    return answer


def signed_in(person: User | None) -> SimpleCookie:
    client = Client()
    if person:
        client.force_login(person)
    return client.cookies


def routes(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """Everything that can be asked for, by its name; what has none by its pattern."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern, inner)
        else:
            yield f"{namespace}{pattern.name or pattern.pattern}"


def outcome(response: HttpResponse) -> str:
    if response.streaming:
        list(response)  # a file is closed once it was read
    leads_to = response.get("Location", "")
    return "in" if leads_to.startswith(f"{resolve_url(settings.LOGIN_URL)}?") else str(response.status_code)


def everything() -> dict[str, list[tuple]]:
    """All rows of the portal's own tables, but for the sessions of those who ask."""
    models = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    models.remove(Session)
    return {model.__name__: list(model.objects.order_by("pk").values_list()) for model in models}


def test_knows_every_route():
    assert sorted(EXPECTED) == sorted(set(routes(get_resolver())))  # one name may have several addresses


@pytest.mark.parametrize("who", HEAD)
def test_opens_what_it_should(ask, who):
    got = {}

    for route in EXPECTED:
        before = transaction.savepoint()
        got[route] = f"{outcome(ask('get', route, who))}/{outcome(ask('post', route, who))}"
        transaction.savepoint_rollback(before)

    assert got == {route: cells[who] for route, cells in EXPECTED.items()}


@pytest.mark.parametrize(("who", "method"), [("requester", "get"), ("approver", "head")])
def test_changes_nothing_by_being_looked_at(ask, who, method):
    before = everything()

    for route in EXPECTED:
        ask(method, route, who)

    assert everything() == before


def test_takes_nothing_from_a_page_that_is_not_ours(ask):
    got = {route: ask("post", route, "requester", enforce_csrf_checks=True).status_code for route in EXPECTED}

    assert got == dict.fromkeys(EXPECTED, 403)
