from __future__ import annotations

import pytest
from django.db import connection
from django.test import override_settings

from pimportal import checks

GOOD = override_settings(DEMO=False, ALLOWED_HOSTS=["pim.example.com"], BASE_URL="https://pim.example.com")


def ids(messages):
    return [message.id for message in messages]


@GOOD
def test_has_nothing_against_a_sound_installation():
    assert checks.host_names() == []
    assert checks.demo_is_off() == []


@pytest.mark.parametrize(
    ("hosts", "found"),
    [(["*"], ["pim.E001"]), (["other.example.com"], ["pim.E002"]), ([".example.com"], [])],
)
def test_wants_the_portal_to_answer_at_its_own_address_only(hosts, found):
    with GOOD, override_settings(ALLOWED_HOSTS=hosts):
        assert ids(checks.host_names()) == found


def test_finds_the_demo_in_production():
    assert ids(checks.demo_is_off()) == ["pim.E003"]


@override_settings(MAIL_IS_KEPT=True)
def test_warns_of_mail_that_nobody_gets():
    assert "pim.W001" in ids(checks.mail_and_database())


def test_warns_of_a_database_for_one_machine():
    assert ("pim.W002" in ids(checks.mail_and_database())) == (connection.vendor == "sqlite")
