"""What the commands of the door cost: few statements, and as many with little around as with much."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.deciding import evidence_on
from apps.access_requests.services.deciding import decide
from apps.access_requests.services.door import submit
from apps.access_requests.services.verdicts import Verdict
from apps.access_requests.states import Action, Family, State
from apps.assignments.models import Assignment
from apps.common.access import Provider
from apps.roles import built_in
from apps.roles.models import Resource
from tests.factories import acting, activate, activation_of, make_active, make_user, set_rules

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def statements(command):
    """But for savepoints, which are the test's, and for locks, of which SQLite has none."""
    with CaptureQueriesContext(connection) as captured:
        command()
    sent = [each["sql"] for each in captured]
    return [sql for sql in sent if "SAVEPOINT" not in sql and not sql.startswith("SELECT 1 FROM")]


@pytest.fixture
def administrators(now):
    """Those who decide where nobody is named, and who hear of it."""
    people = [make_user(name, now=now) for name in ("Alma Admin", "Ben Boss")]
    for person in people:
        make_active(person, built_in.GLOBAL_ADMINISTRATOR, now=now - DAY)
    return people


@pytest.fixture(params=[2, 200])
def surroundings(request, requester, now):
    """What this person holds and has asked for elsewhere."""
    keys = [(uuid4(), number) for number in range(request.param)]
    facts = {"provider": Provider.RESOURCES, "kind": "Database", "created_at": now}
    places = [Resource(id=id_, name=f"Place {n}", path=f"{id_}/", **facts) for id_, n in keys]
    rows = [
        Assignment(
            principal=requester.principal,
            role_id=built_in.CONTRIBUTOR,
            resource=place,
            kind=kind,
            starts_at=now - DAY,
            created_at=now - DAY,
        )
        for place in Resource.objects.bulk_create(places)
        for kind in Assignment.Kind
    ]
    Assignment.objects.bulk_create(rows)
    AccessRequest.objects.bulk_create(
        AccessRequest(
            action=Action.ADMIN_ASSIGN,
            family=Family(row.kind),
            state=State.PROVISIONED,
            principal=requester.principal,
            role_id=row.role_id,
            resource=row.resource,
            requester_name="Console",
            result=row,
            created_at=now - DAY,
            closed_at=now - DAY,
        )
        for row in rows
    )


@pytest.fixture
def decided(eligible, requester, now):
    """How an administrator answers what waits."""

    def answer(administrator, *, approve):
        activate(eligible, requester, now=now)
        item = AccessRequest.objects.with_names().get(state=State.PENDING_APPROVAL)
        digest = evidence_on(item, reader=administrator, now=now).digest
        verdict, actor = Verdict(item.id, approve, digest, "Agreed"), acting(administrator, now=now)
        return lambda: decide(verdict, actor=actor, now=now)

    return answer


def test_activates_with_few_statements(surroundings, eligible, requester, administrators, now):
    ask, actor = activation_of(eligible), acting(requester, now=now)

    sent = statements(lambda: submit(ask, actor=actor, now=now))

    assert AccessRequest.objects.get(action=Action.SELF_ACTIVATE).state == State.PROVISIONED
    assert len(sent) == 17


def test_asks_with_few_statements(surroundings, eligible, requester, administrators, now):
    set_rules(now=now, requires_approval=True)
    ask, actor = activation_of(eligible), acting(requester, now=now)

    sent = statements(lambda: submit(ask, actor=actor, now=now))

    assert AccessRequest.objects.get(action=Action.SELF_ACTIVATE).state == State.PENDING_APPROVAL
    assert len(sent) == 18


ANSWERS = [(True, State.PROVISIONED, 22), (False, State.DENIED, 18)]


@pytest.mark.parametrize(("approve", "state", "cost"), ANSWERS)
def test_decides_with_few_statements(surroundings, administrators, decided, now, approve, state, cost):
    set_rules(now=now, requires_approval=True)
    command = decided(administrators[0], approve=approve)

    sent = statements(command)

    assert AccessRequest.objects.get(action=Action.SELF_ACTIVATE).state == state
    assert len(sent) == cost
