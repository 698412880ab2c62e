"""What is known of the installation as a whole, from its settings and its one row."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from apps.accounts.models import User
from apps.administration.policy.installation import can_rename_organisation, can_send_mail
from apps.administration.selectors.checklist import last_test_mail
from apps.administration.selectors.mail import Tab, mail_in
from apps.common.access import Access
from apps.common.decision import Decision
from apps.common.organisation import organisation_name
from apps.common.paging import count_of
from apps.notifications.models import Notice


@dataclass(frozen=True)
class Facts:
    """What the page of the installation shows. Nothing of it is secret."""

    organisation: str
    base_url: str
    mail_server: str  # empty: mail is kept
    sender: str
    database: str
    time_zone: str
    test_mail: Notice | None
    given_up: str  # how many mails were
    can_send: Decision
    can_rename: Decision


def anybody_exists() -> bool:
    """Until somebody does, whoever has the console may set the portal up; afterwards nobody can any more."""
    return User.objects.exists()


def installation_facts(user: User, access: Access) -> Facts:
    return Facts(
        organisation=organisation_name(),
        base_url=settings.BASE_URL,
        mail_server="" if settings.MAIL_IS_KEPT else f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        sender=settings.DEFAULT_FROM_EMAIL,
        database=connection.display_name,
        time_zone=settings.TIME_ZONE,
        test_mail=last_test_mail(user),
        given_up=count_of(mail_in(Tab.GIVEN_UP)),
        can_send=can_send_mail(access, mail_is_kept=settings.MAIL_IS_KEPT),
        can_rename=can_rename_organisation(access, is_fixed=bool(settings.ORGANISATION)),
    )
