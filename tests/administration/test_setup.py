"""From an empty database to the first Global Administrator: once, by whoever has the console."""

from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.administration.services.installation import Wanted, new_setup_code, set_up, set_up_by_code
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Conflict, NotAllowed
from apps.common.models import Installation
from apps.common.organisation import organisation_name
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.installation import install_built_ins
from apps.roles.selectors import directory
from tests.factories import make_user
from tests.races.moments import at_once, split

SETUP = reverse("administration:setup")
ADA = Wanted("Analytical Engines", "Ada Lovelace", "ada@example.com")
SAID = {"organisation": ADA.organisation, "name": ADA.name, "email": ADA.email}


@pytest.fixture(autouse=True)
def _a_real_installation(settings):
    settings.DEMO, settings.ORGANISATION = False, ""


@pytest.fixture
def now():
    """Pages and commands read the clock."""
    return timezone.now()


def console(**options):
    out = StringIO()
    call_command("setup", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
class TestTheFirst:
    def test_is_a_permanent_global_administrator_of_a_named_directory(self, now):
        link = set_up(ADA, now=now)

        held = Assignment.objects.get()
        assert (held.principal_id, held.role_id, held.kind) == (
            link.user_id,
            built_in.GLOBAL_ADMINISTRATOR,
            Assignment.Kind.ACTIVE,
        )
        assert held.is_permanent
        assert organisation_name() == directory().name == "Analytical Engines"
        event = AuditEvent.objects.get(action=AuditAction.INSTALLATION_SET_UP)
        assert (event.actor_kind, event.target_id) == ("console", str(link.user_id))

    def test_gets_the_link_by_no_mail(self, now):
        link = set_up(ADA, now=now)

        assert not any(str(link.pk) in str(notice.buttons) for notice in Notice.objects.all())

    def test_is_the_only_one(self, now):
        set_up(ADA, now=now)

        with pytest.raises(Conflict):
            set_up(ADA, now=now)
        with pytest.raises(Conflict):
            new_setup_code()

        assert User.objects.count() == 1

    def test_cannot_come_after_anybody_else(self, now):
        code = new_setup_code()
        make_user(now=now)

        with pytest.raises(Conflict):
            set_up_by_code(ADA, code=code, now=now)


@pytest.mark.django_db
class TestTheCode:
    def test_works_however_it_is_typed(self, now):
        code = new_setup_code()

        assert set_up_by_code(ADA, code=code.lower().replace("-", " "), now=now).user.name == ADA.name

    def test_dies_with_the_next(self, now):
        earlier = new_setup_code()
        new_setup_code()

        with pytest.raises(NotAllowed, match="newer one"):
            set_up_by_code(ADA, code=earlier, now=now)

        assert not User.objects.exists()

    def test_is_needed_where_none_was_made(self, now):
        with pytest.raises(NotAllowed):
            set_up_by_code(ADA, code="", now=now)

    def test_is_stored_nowhere(self):
        code = new_setup_code()

        stored = Installation.objects.get().setup_code
        assert stored
        assert code.replace("-", "") not in stored


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_sets_up_once_what_two_send_at_the_same_moment(now):
    install_built_ins()  # a test that commits has emptied these tables too
    code = new_setup_code()
    grace = Wanted("Compilers", "Grace Hopper", "grace@example.com")

    through, refused = split(
        at_once(*(lambda who=who: set_up_by_code(who, code=code, now=now) for who in (ADA, grace)))
    )

    assert (len(through), refused) == (1, ["This portal is set up already. Sign in."])
    assert [user.pk for user in User.objects.all()] == [through[0].user_id]
    assert Assignment.objects.count() == 1


@pytest.mark.django_db
class TestThePage:
    def test_leads_to_password_and_second_factor(self, client):
        code = new_setup_code()

        answer = client.post(SETUP, SAID | {"code": code})

        assert answer.status_code == 302
        page = client.get(answer["Location"])
        assert "Set password and second factor" in page.content.decode()

    def test_is_where_signing_in_leads_while_nobody_is_here(self, client, now):
        assert client.get(reverse("accounts:sign_in"))["Location"] == SETUP

        make_user(now=now)

        assert client.get(reverse("accounts:sign_in")).status_code == 200
        assert client.get(SETUP).status_code == client.post(SETUP, SAID).status_code == 404

    def test_says_that_a_code_is_wrong_and_keeps_what_was_typed(self, client):
        new_setup_code()

        page = client.post(SETUP, SAID | {"code": "AAAA-BBBB-CCCC"})

        assert page.status_code == 400
        assert "code" in page.context["form"].errors
        assert ADA.email in page.content.decode()
        assert not User.objects.exists()

    def test_tells_whoever_comes_second_that_it_is_done(self, client, now, monkeypatch):
        code = new_setup_code()
        make_user(now=now)
        monkeypatch.setattr("apps.administration.views.installation.anybody_exists", lambda: False)

        page = client.post(SETUP, SAID | {"code": code})

        assert page.status_code == 409
        assert "This portal is set up already." in page.content.decode()

    @pytest.mark.parametrize("field", ["organisation", "name", "email"])
    def test_asks_for_everything(self, client, field):
        code = new_setup_code()

        page = client.post(SETUP, SAID | {"code": code, field: " \u200b "})

        assert field in page.context["form"].errors

    def test_says_when_mails_would_lead_elsewhere(self, client, settings):
        settings.BASE_URL = "https://pim.example.com"
        assert "change BASE_URL" in client.get(SETUP).content.decode()

        settings.BASE_URL = "http://testserver"
        assert "change BASE_URL" not in client.get(SETUP).content.decode()


@pytest.mark.django_db
class TestTheConsole:
    def test_prints_a_link_that_opens(self, settings):
        said = console(**SAID)

        address = urlsplit(said.split()[-1])
        assert said.split()[-1].startswith(settings.BASE_URL)
        assert Client().get(f"{address.path}?{address.query}").status_code == 200
        assert "EMAIL_URL is not set" in said

    def test_says_what_is_wrong_with_the_mail_server_and_goes_on(self, settings):
        settings.MAIL_IS_KEPT = False
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

        assert "127.0.0.1 does not answer as it should. ConnectionRefusedError" in console(**SAID)

        assert User.objects.get().email == ADA.email

    def test_asks_for_what_was_not_given(self, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda question: ADA.email if "mail" in question else " ")

        with pytest.raises(CommandError, match="Your name is missing"):
            console(organisation=ADA.organisation)
        console(organisation=ADA.organisation, name=ADA.name)

        assert User.objects.get().email == ADA.email

    @pytest.mark.parametrize("name", ["\u200b", "x" * 121])
    def test_says_what_an_organisation_cannot_be_called(self, name):
        with pytest.raises(CommandError, match="organisation"):
            console(**SAID | {"organisation": name})

        assert not User.objects.exists()

    def test_refuses_once_somebody_is_here(self, now):
        make_user(now=now)

        with pytest.raises(CommandError, match="recover-admin"):
            console(**SAID)

    def test_leads_to_the_migrations_first(self, monkeypatch):
        def missing():
            raise OperationalError("no such table: accounts_user")

        monkeypatch.setattr("apps.administration.management.commands.setup.anybody_exists", missing)

        with pytest.raises(CommandError, match="migrate first"):
            console(**SAID)
