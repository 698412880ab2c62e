from datetime import timedelta
from itertools import count

import pytest

from apps.access_requests.asks import Ask, Said
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.alerts import scans
from apps.alerts.models import Finding, Look, Scan
from apps.alerts.policy.catalogue import PRIVILEGED_GUEST, RULES
from apps.alerts.selectors.touched import rules_touched
from apps.alerts.services import keeping
from apps.alerts.services.scanning import EVERY, LEASE, TRIES, ask_for_scan
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.alerts.making import NOW, open_findings, scan
from tests.factories import acting, assign, make_active, make_user

pytestmark = pytest.mark.django_db
LATER = NOW + EVERY
SECOND = timedelta(seconds=1)


@pytest.fixture
def admin():
    user = make_user("Ada Admin", now=NOW)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=NOW)
    return user


@pytest.fixture
def guest():
    return make_user("Gus Guest", type="guest", now=NOW)


@pytest.fixture
def risky(guest):
    return assign(guest, built_in.GLOBAL_READER, now=NOW)


def told_of(action):
    return [
        event.sentence for event in AuditEvent.objects.filter(action=action, target_id="privileged_guest")
    ]


def test_keeps_what_a_rule_finds(risky):
    scan()

    assert open_findings(PRIVILEGED_GUEST.id) == [
        "Gus Guest, a guest, is eligible for Global Reader on Example Organisation."
    ]
    assert told_of(AuditAction.ALERT_TRIGGERED) == [
        "The alert “Guest with a privileged role” was triggered on Example Organisation."
    ]


def test_looks_at_every_rule_once_a_day(risky):
    assert scan() == len(RULES) + 1  # the last step ends it
    assert scan(now=LATER - SECOND) == 0
    assert scan(now=LATER) == len(RULES) + 1
    assert Look.objects.get(rule=PRIVILEGED_GUEST.id).at == LATER
    assert not Look.objects.filter(failed=True)


def test_finds_the_same_once(risky):
    scan()
    scan(now=LATER)

    assert Finding.objects.of(PRIVILEGED_GUEST.id).get().found_at == NOW
    assert len(told_of(AuditAction.ALERT_TRIGGERED)) == 1


def test_mends_what_is_no_longer_found(risky, guest):
    scan()
    type(guest).objects.filter(pk=guest.pk).update(type="member")
    scan(now=LATER)

    finding = Finding.objects.of(PRIVILEGED_GUEST.id).get()
    assert (finding.mended_at, finding.mended_how) == (LATER, "gone")
    assert told_of(AuditAction.ALERT_RESOLVED) == [
        "The alert “Guest with a privileged role” no longer finds anything on Example Organisation."
    ]


def test_looks_again_at_what_somebody_may_have_mended(admin, risky):
    scan()
    soon = NOW + timedelta(minutes=3)
    submit(
        Ask(Action.ADMIN_REMOVE, assignment_id=risky.id, said=Said("No longer needed")),
        actor=acting(admin, now=soon),
        now=soon,
    )

    assert scan(now=soon + SECOND) == 2
    assert open_findings(PRIVILEGED_GUEST.id, now=soon + SECOND) == []
    assert scan(now=soon + timedelta(minutes=1)) == 0


def test_leaves_rules_alone_that_found_nothing_about_what_changed(admin, risky):
    scan()
    soon = NOW + timedelta(minutes=3)
    assign(make_user(now=NOW), built_in.TEAMS_ADMINISTRATOR, now=soon)

    assert scan(now=soon + SECOND) == 0


def test_asks_at_once_for_all_rules_what_was_touched(admin, risky, django_assert_num_queries):
    scan()
    later = NOW + timedelta(minutes=1)
    assign(risky.principal, built_in.SECURITY_READER, now=later)

    with django_assert_num_queries(3):  # what happened, when each was looked at, what they found
        assert PRIVILEGED_GUEST.id in rules_touched(later)


def test_tells_admins_of_all_that_is_new_at_once(admin, risky):
    scan()
    scan(now=LATER)

    told = Notice.objects.filter(event="alert_triggered", recipient_id=admin.id)
    assert [notice.created_at for notice in told] == [NOW]
    assert "Guest with a privileged role" in str(told[0].facts)


def test_answers_the_scan_that_runs(admin):
    first = ask_for_scan(actor=admin.party, now=NOW)
    second = ask_for_scan(actor=admin.party, now=NOW + SECOND)

    assert first == second
    assert AuditEvent.objects.filter(action=AuditAction.ALERTS_SCANNED).count() == 1


def test_leaves_what_was_found_where_a_rule_fails(risky, monkeypatch):
    scan()
    monkeypatch.setitem(scans.SCANS, PRIVILEGED_GUEST.id, (lambda _now: 1 / 0, None))
    scan(now=LATER)

    assert Look.objects.get(rule=PRIVILEGED_GUEST.id).failed
    assert Finding.objects.of(PRIVILEGED_GUEST.id).present().count() == 1
    assert not Scan.objects.filter(is_running=True).exists()


def test_leaves_a_rule_to_the_worker_that_is_at_it(risky, monkeypatch):
    """Until its lease is over: then it has died."""
    looking = scans.SCANS[PRIVILEGED_GUEST.id]
    monkeypatch.setitem(scans.SCANS, PRIVILEGED_GUEST.id, (die, None))
    with pytest.raises(Died):
        scan()
    monkeypatch.setitem(scans.SCANS, PRIVILEGED_GUEST.id, looking)

    assert scan(now=NOW + LEASE - SECOND) == 0
    assert scan(now=NOW + LEASE) > 0
    assert len(open_findings(PRIVILEGED_GUEST.id)) == 1


def test_passes_over_a_rule_that_kills_every_worker(risky, monkeypatch):
    monkeypatch.setitem(scans.SCANS, PRIVILEGED_GUEST.id, (die, None))
    for attempt in range(TRIES):
        with pytest.raises(Died):
            scan(now=NOW + attempt * LEASE)

    assert scan(now=NOW + TRIES * LEASE) > 0
    assert Look.objects.get(rule=PRIVILEGED_GUEST.id).failed
    assert not Scan.objects.filter(is_running=True).exists()


def test_goes_on_where_a_worker_died_between_two_batches(monkeypatch):
    """Each place is told of once, whatever was kept before."""
    monkeypatch.setattr(keeping, "_AT_ONCE", 2)
    for _ in range(5):
        assign(make_user(type="guest", now=NOW), built_in.GLOBAL_READER, now=NOW)
    written = count(1)
    original = Finding.objects.bulk_create
    monkeypatch.setattr(
        type(Finding.objects),
        "bulk_create",
        lambda _, *args, **kwargs: die(NOW) if next(written) == 2 else original(*args, **kwargs),
    )
    with pytest.raises(Died):
        scan()
    assert len(open_findings(PRIVILEGED_GUEST.id)) == 2
    scan(now=NOW + LEASE)

    assert len(open_findings(PRIVILEGED_GUEST.id)) == 5
    assert len(told_of(AuditAction.ALERT_TRIGGERED)) == 1


class Died(BaseException):
    """What no `except Exception` stops."""


def die(_now):
    raise Died
