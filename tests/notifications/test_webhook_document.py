"""docs/webhooks.md says what is sent, and its receiver knows the portal from others."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from apps.notifications.policy import announced_events
from apps.notifications.webhooks.signing import make_secret, shown, signed_headers

TEXT = (settings.BASE_DIR / "docs" / "webhooks.md").read_text(encoding="utf-8")
BODY = '{"text":"Rôle beendet"}'.encode()


@pytest.fixture
def is_from_portal():
    """The function of the document, as it stands there."""
    code = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)[1]
    assert len(code.strip().splitlines()) <= 15
    names = {}
    exec(code, names)  # noqa: S102 - our own document
    return names["is_from_portal"]


def test_verifies_as_the_document_says(is_from_portal):
    secret, now = make_secret(), datetime.now(UTC)
    headers = signed_headers("msg_1", BODY, secret=secret, now=now)

    assert is_from_portal(shown(secret), headers, BODY)
    assert not is_from_portal(shown(secret), headers, BODY + b" ")
    assert not is_from_portal(shown(secret), headers | {"webhook-id": "msg_2"}, BODY)
    assert not is_from_portal(shown(make_secret()), headers, BODY)


def test_takes_nothing_old_as_the_document_says(is_from_portal):
    secret, long_ago = make_secret(), datetime.now(UTC) - timedelta(minutes=6)
    headers = signed_headers("msg_1", BODY, secret=secret, now=long_ago)

    assert not is_from_portal(shown(secret), headers, BODY)


def test_names_every_event():
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", TEXT, re.MULTILINE)

    assert rows == [(event.value, event.in_general) for event in announced_events()]
