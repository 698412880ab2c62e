"""The page of the installation, and another name for its organisation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.administration.services.organisation import rename_organisation
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Invalid, NotAllowed
from apps.common.organisation import organisation_name
from apps.roles.selectors import directory
from tests.access_requests.pages import code_of, text_of
from tests.factories import acting

pytestmark = pytest.mark.django_db

PAGE = reverse("administration:installation")
EVENTS = AuditEvent.objects.filter(action=AuditAction.ORGANISATION_RENAMED)


@pytest.fixture(autouse=True)
def _named_on_a_page(settings):
    settings.ORGANISATION = ""


def test_renames_the_organisation_and_its_directory(administrator, now):
    for _ in range(2):  # the same again is no change
        rename_organisation(name=" Analytical\nEngines ", actor=acting(administrator, now=now), now=now)

    assert organisation_name() == directory().name == "Analytical Engines"
    assert EVENTS.get().sentence == "Alma Admin renamed the organisation to Analytical Engines."


def test_takes_a_global_administrator_with_a_fresh_factor_and_a_name(administrator, auditor, settings, now):
    def rename(user, name="Engines", **facts):
        rename_organisation(name=name, actor=acting(user, now=now, **facts), now=now)

    with pytest.raises(NotAllowed, match="Global Administrator"):
        rename(auditor)
    with pytest.raises(NotAllowed, match="second factor"):
        rename(administrator, proven_at=now - timedelta(hours=1))
    with pytest.raises(Invalid, match="Give the name"):
        rename(administrator, name=" \u200b ")
    settings.ORGANISATION = "Contoso"
    with pytest.raises(NotAllowed, match="PIM_ORGANISATION"):
        rename(administrator)
    assert not EVENTS.exists()


class TestThePage:
    @pytest.fixture
    def now(self):
        return timezone.now()

    def test_shows_how_the_portal_is_installed(self, client, administrator, settings):
        settings.MAIL_IS_KEPT = False
        client.force_login(administrator)

        page = text_of(client.get(PAGE))
        assert settings.BASE_URL in page
        assert settings.DEFAULT_FROM_EMAIL in page

        client.post(PAGE, {"organisation": "Engines", "code": code_of(administrator)})
        assert "The organisation is called Engines." in text_of(client.get(PAGE))

        many_letters_each = client.post(PAGE, {"organisation": "\ufb2c" * 60})
        assert "At most 120 characters." in text_of(many_letters_each)

        settings.ORGANISATION = "Contoso"
        assert "PIM_ORGANISATION sets it" in text_of(client.get(PAGE))

    def test_takes_no_form_for_the_part_that_asks_again_and_again(self, client, administrator, settings):
        settings.ORGANISATION = ""
        client.force_login(administrator)
        sent = {"organisation": "Engines", "code": code_of(administrator)}

        client.post(PAGE, sent, headers={"hx-request": "true"})

        assert organisation_name() == "Engines"
