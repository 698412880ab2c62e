"""What is left to do in a new installation, until it is done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.administration.selectors.checklist import Steps, checklist_for, steps_done
from apps.administration.services.checklist import confirm_backup, send_test_mail
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import NotAllowed
from apps.notifications.models import Notice
from apps.reviews.selectors.listing import any_review
from apps.roles import built_in
from tests.factories import acting, assign, disable, make_active, make_group, make_user, may_join, set_rules
from tests.reviews.making import make_review, terms_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_door")]

HOME, INSTALLATION = reverse("portal:home"), reverse("administration:installation")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _a_real_installation(settings):
    settings.DEMO, settings.MAIL_IS_KEPT = False, False


def steps(now):
    done = steps_done(reviews=any_review(), now=now)
    return {name for name in Steps.__dataclass_fields__ if getattr(done, name)}


def shown(user, now):
    return checklist_for(user, acting(user, now=now).access, reviews=any_review(), now=now)


def mark_sent(now):
    Notice.objects.update(state=Notice.State.SENT, sent_at=now, next_try_at=None)


def test_begins_with_nothing_done(administrator, now):
    assert steps(now) == set()


def test_counts_a_second_administrator_who_can_sign_in_and_show_who_they_are(administrator, visitor, now):
    bare = make_user("Bare Beginner", now=now, enrolled=False)
    make_active(bare, built_in.GLOBAL_ADMINISTRATOR, now=now)
    assert "administrators" not in steps(now)

    assign(visitor, built_in.GLOBAL_ADMINISTRATOR, now=now)
    assert "administrators" in steps(now)

    disable(visitor)
    assert "administrators" not in steps(now)


def test_counts_administrators_in_a_group(administrator, visitor, now):
    admins = make_group("Admins", is_role_assignable=True, now=now)
    assign(admins, built_in.GLOBAL_ADMINISTRATOR, now=now)
    assert "administrators" not in steps(now)

    may_join(visitor, admins, now=now)
    assert "administrators" in steps(now)


def test_finds_people_roles_and_approvers(administrator, approver, requester, eligible, now):
    assert steps(now) == {"people", "roles"}

    set_rules(now=now, approvers=(approver,))
    assert steps(now) == {"people", "roles", "approvers"}


def test_counts_mail_that_was_delivered(administrator, settings, now):
    send_test_mail(actor=acting(administrator, now=now), now=now)
    assert "mail" not in steps(now)

    mark_sent(now)
    assert "mail" in steps(now)

    settings.MAIL_IS_KEPT = True
    assert "mail" not in steps(now)


def test_sends_one_test_mail_a_minute_to_whoever_presses(administrator, now):
    for seconds in (0, 20, 61):
        send_test_mail(actor=acting(administrator, now=now), now=now + timedelta(seconds=seconds))

    mails = Notice.objects.filter(key__startswith="test_mail:")
    assert [mail.address for mail in mails] == [administrator.email] * 2


def test_refuses_a_test_mail_where_there_is_no_server_or_no_right(administrator, auditor, settings, now):
    with pytest.raises(NotAllowed, match="Global Administrator"):
        send_test_mail(actor=acting(auditor, now=now), now=now)
    settings.MAIL_IS_KEPT = True
    with pytest.raises(NotAllowed, match="EMAIL_URL"):
        send_test_mail(actor=acting(administrator, now=now), now=now)


def test_takes_the_word_of_an_administrator_with_a_fresh_factor_on_backups(administrator, auditor, now):
    with pytest.raises(NotAllowed, match="Global Administrator"):
        confirm_backup(actor=acting(auditor, now=now), now=now)
    with pytest.raises(NotAllowed, match="second factor"):
        confirm_backup(actor=acting(administrator, now=now, proven_at=now - DAY), now=now)

    confirm_backup(actor=acting(administrator, now=now), now=now)
    confirm_backup(actor=acting(administrator, now=now), now=now)

    assert "backup" in steps(now)
    event = AuditEvent.objects.get(action=AuditAction.INSTALLATION_CONFIRMED)
    assert event.actor_id == str(administrator.pk)


def test_is_shown_to_global_administrators_until_all_is_done(
    administrator, auditor, visitor, eligible, needs_approval, django_assert_num_queries, now
):
    assert shown(auditor, now) is None
    assert shown(administrator, now).steps.done == 3

    assign(visitor, built_in.GLOBAL_ADMINISTRATOR, now=now)
    confirm_backup(actor=acting(administrator, now=now), now=now)
    mark_sent(now)
    assert shown(administrator, now).steps.done == 6
    make_review(administrator, terms_for(eligible, reviewers=[visitor]), now=now)

    access = acting(administrator, now=now).access
    with django_assert_num_queries(3):
        assert checklist_for(administrator, access, reviews=any_review(), now=now) is None


def test_is_not_shown_in_the_demo(administrator, settings, now):
    settings.DEMO = True

    assert shown(administrator, now) is None


def test_costs_the_same_with_many(administrator, now):
    assign(make_user(now=now), built_in.GLOBAL_ADMINISTRATOR, now=now)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            steps_done(reviews=any_review(), now=now)
        return len(queries)

    few = cost()
    for _ in range(9):
        person = make_user(now=now)
        make_active(person, built_in.GLOBAL_ADMINISTRATOR, now=now)
        assign(make_user(now=now), built_in.GLOBAL_ADMINISTRATOR, now=now)
    assert cost() == few


class TestThePages:
    @pytest.fixture
    def now(self):
        return timezone.now()

    def test_show_what_is_left_and_what_became_of_the_test_mail(self, client, administrator, settings):
        client.force_login(administrator)
        assert "0 of 7 done" in client.get(HOME).content.decode()

        assert client.post(reverse("administration:send_test_mail")).url == INSTALLATION
        assert f"Test mail to <bdi>{administrator.email}</bdi>" in client.get(HOME).content.decode()

        settings.MAIL_IS_KEPT = True
        assert "set EMAIL_URL" in client.get(HOME).content.decode()

    def test_ask_for_a_code_to_confirm_the_backup(self, client, administrator, now):
        client.force_login(administrator)

        page = client.post(reverse("administration:confirm_backup"))

        assert page.status_code == 400
        assert "code" in page.context["form"].errors
        assert "backup" not in steps(now)
