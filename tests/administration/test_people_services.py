"""Commands on people: the right, the fresh second factor, the event, and what follows."""

from datetime import timedelta

import pytest

from apps.accounts.models import AccountLink, User
from apps.accounts.selectors import devices_of
from apps.administration.services import people
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Conflict, Invalid, NotAllowed
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.factories import acting, activate, assign, make_active, make_user

pytestmark = pytest.mark.django_db

STALE = timedelta(minutes=6)


@pytest.fixture
def keeper(db, now):
    """A User Administrator: manages people without power."""
    keeper = make_user("Ursula User", now=now)
    make_active(keeper, built_in.USER_ADMINISTRATOR, now=now)
    return acting(keeper, now=now)


@pytest.fixture
def privileged(db, now):
    privileged = make_user("Paula Privileged", now=now)
    make_active(privileged, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    return acting(privileged, now=now)


@pytest.fixture
def admin(administrator, now):
    return acting(administrator, now=now)


def change_title(*args, **kwargs):
    people.change_person(*args, job_title="Clerk", **kwargs)


EVENTS = {
    people.disable_person: AuditAction.PERSON_DISABLED,
    people.send_link: AuditAction.LINK_SENT,
    people.reset_factor: AuditAction.FACTORS_RESET,
    change_title: AuditAction.PERSON_CHANGED,
}
COMMANDS = tuple(EVENTS)


def event(action):
    return AuditEvent.objects.get(action=action)


def as_stored(user):
    return User.objects.get(pk=user.pk)


# ---- Inviting ----------------------------------------------------------------------------------------------


def test_invites_somebody_by_mail_without_a_password(keeper, now):
    user = people.invite_person(name="Nora New", email="nora@example.com", actor=keeper, now=now)

    assert not as_stored(user).has_usable_password()
    assert AccountLink.objects.get().purpose == AccountLink.Purpose.INVITATION
    assert Notice.objects.filter(address="nora@example.com").count() == 1
    created = AuditEvent.objects.get(action=AuditAction.PERSON_CREATED, target_id=str(user.pk))
    assert created.actor_id == str(keeper.somebody.pk)


@pytest.mark.parametrize("email", ["John.Doe@example.com", "nonsense"])
def test_invites_nobody_at_a_wrong_address(keeper, requester, now, email):
    with pytest.raises(Invalid):
        people.invite_person(name="Nora", email=email, actor=keeper, now=now)


def test_refuses_an_invitation_by_whoever_manages_nobody_with_every_reason(visitor, now):
    actor = acting(visitor, now=now, proven_at=now - STALE)

    with pytest.raises(NotAllowed) as refused:
        people.invite_person(name="Nora", email="nora@example.com", manager=visitor, actor=actor, now=now)

    assert refused.value.rules == ("PermissionRule", "AdminRequestRule", "MfaRule")


# ---- Changing ----------------------------------------------------------------------------------------------


def test_changes_facts_and_address_at_once(keeper, visitor, now):
    people.change_person(visitor.pk, job_title="Clerk", email="vera@example.org", actor=keeper, now=now)

    assert (as_stored(visitor).job_title, as_stored(visitor).email) == ("Clerk", "vera@example.org")
    assert event(AuditAction.PERSON_CHANGED).target_id == str(visitor.pk)
    assert event(AuditAction.EMAIL_CHANGED).actor_id == str(keeper.somebody.pk)


def test_changes_nothing_where_the_address_is_taken(keeper, visitor, requester, now):
    with pytest.raises(Invalid):
        people.change_person(visitor.pk, name="New", email=requester.email, actor=keeper, now=now)

    assert as_stored(visitor).name == "Vera Visitor"


def test_keeps_a_manager_whom_the_actor_has_become(keeper, visitor, privileged, now):
    people.change_person(visitor.pk, manager=keeper.somebody, actor=privileged, now=now)

    people.change_person(visitor.pk, manager=keeper.somebody, job_title="Clerk", actor=keeper, now=now)

    assert as_stored(visitor).job_title == "Clerk"


def test_lets_nobody_make_themself_the_manager(keeper, visitor, now):
    with pytest.raises(NotAllowed, match="yourself"):
        people.change_person(visitor.pk, manager=keeper.somebody, actor=keeper, now=now)


# ---- Of whom -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_does_it_for_people_without_power(keeper, visitor, now, command):
    command(visitor.pk, actor=keeper, now=now)

    done = event(EVENTS[command])
    assert (done.actor_id, done.target_id) == (str(keeper.somebody.pk), str(visitor.pk))


@pytest.mark.parametrize("command", COMMANDS)
def test_leaves_people_with_power_to_those_who_manage_these(keeper, privileged, eligible, now, command):
    person = eligible.principal_id

    with pytest.raises(NotAllowed, match="has power"):
        command(person, actor=keeper, now=now)
    command(person, actor=privileged, now=now)

    assert event(EVENTS[command]).actor_id == str(privileged.somebody.pk)


@pytest.mark.parametrize("command", COMMANDS)
def test_leaves_global_administrators_to_each_other(privileged, admin, now, command):
    second = make_user("Gina Global", now=now)
    assign(second, built_in.GLOBAL_ADMINISTRATOR, now=now)

    with pytest.raises(NotAllowed, match="Only a Global Administrator"):
        command(second.pk, actor=privileged, now=now)
    command(second.pk, actor=admin, now=now)

    assert event(EVENTS[command]).actor_id == str(admin.somebody.pk)


@pytest.mark.parametrize("command", COMMANDS)
def test_asks_for_a_fresh_second_factor(keeper, visitor, now, command):
    stale = acting(keeper.somebody, now=now, proven_at=now - STALE)

    with pytest.raises(NotAllowed, match="second factor"):
        command(visitor.pk, actor=stale, now=now)

    assert not AuditEvent.objects.filter(action=EVENTS[command]).exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_does_it_to_nobody_who_asks_it_for_themself(admin, now, command):
    with pytest.raises(NotAllowed, match="Somebody else"):
        command(admin.somebody.pk, actor=admin, now=now)


# ---- What follows ------------------------------------------------------------------------------------------


def test_disabling_ends_what_was_activated_and_names_both(privileged, eligible, requester, now):
    running = activate(eligible, requester, now=now).result

    people.disable_person(requester.pk, actor=privileged, now=now)

    assert Assignment.objects.get(pk=running.pk).ended_at == now
    assert event(AuditAction.PERSON_DISABLED).actor_id == str(privileged.somebody.pk)
    assert event(AuditAction.PERSON_DISABLED).target_id == str(requester.pk)


def test_enables_somebody_with_power_only_by_the_right_to_give_it(
    keeper, privileged, eligible, requester, now
):
    people.disable_person(requester.pk, actor=privileged, now=now)

    with pytest.raises(NotAllowed, match="has power"):
        people.enable_person(requester.pk, actor=keeper, now=now)
    people.enable_person(requester.pk, actor=privileged, now=now)

    assert as_stored(requester).is_enabled


def test_enables_nobody_twice(keeper, visitor, now):
    with pytest.raises(Conflict):
        people.enable_person(visitor.pk, actor=keeper, now=now)


def test_resets_a_factor_and_sends_the_link_to_its_owner(keeper, visitor, now):
    people.reset_factor(visitor.pk, actor=keeper, now=now)

    assert devices_of(visitor) == []
    assert AccountLink.objects.get().user == visitor
    assert event(AuditAction.FACTORS_RESET).actor_id == str(keeper.somebody.pk)
