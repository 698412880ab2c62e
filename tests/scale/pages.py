"""Every page that lists something, as somebody opens it who sees everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import process_time
from typing import NamedTuple

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.common.access import Provider
from tests.scale.estate import Estate

_FOLLOWING = re.compile(rb'href="([^"]*[?&](?:amp;)?after=[^"]*)"')


class Cost(NamedTuple):
    queries: int
    milliseconds: float


def opened(client: Client, url: str) -> Iterator[tuple[str, Cost]]:
    """A list, and the page behind its first one where there is more."""
    cost, response = _opened(client, url)
    yield _named(url), cost
    following = _FOLLOWING.search(response.content)
    if following:
        address = following[1].decode().replace("&amp;", "&")
        yield f"{_named(url)} (second page)", _opened(client, _joined(url, address))[0]


def lists(estate: Estate) -> Iterator[str]:
    """Each list once, and one page of each kind of thing."""
    yield from map(reverse, _PLAIN)
    for provider in Provider:
        yield from (f"{_assignments(provider)}?tab={tab}" for tab in ("eligible", "active", "expired"))
        yield from (reverse(name, args=[provider]) for name in _OF_A_PROVIDER)
    yield from (
        f"{reverse('access_requests:all_requests')}?tab={tab}" for tab in ("waiting", "decided", "all")
    )
    yield f"{reverse('administration:search')}?q=000001"
    yield reverse("administration:person", args=[estate.person])
    yield reverse("administration:group", args=[estate.group])
    yield reverse("administration:resource", args=[estate.resource])
    yield reverse("administration:role", args=[Provider.RESOURCES, estate.role])
    yield reverse("administration:role_settings", args=[Provider.RESOURCES, estate.role])


def narrowed(estate: Estate) -> Iterator[str]:
    """The same lists filtered, searched and sorted."""
    for provider in Provider:
        yield from (f"{_assignments(provider)}?{asked}" for asked in _NARROWED)
    yield f"{_assignments(Provider.RESOURCES)}?on={estate.resource}"
    yield f"{reverse('access_requests:all_requests')}?tab=all&q=000001"
    yield from (f"{reverse('administration:people')}?{asked}" for asked in ("tab=all&sort=seen", "q=person"))
    yield from (f"{reverse('administration:groups')}?{asked}" for asked in ("tab=ownerless", "q=group"))
    yield f"{reverse('administration:resources')}?q=resource"
    yield f"{reverse('audit:all')}?person=000001"
    yield from (f"{reverse('administration:search')}?q={word}" for word in ("person", "role"))
    group = reverse("administration:group", args=[estate.group])
    yield from (f"{group}?show={part}" for part in ("owners", "holds"))


def _assignments(provider: Provider) -> str:
    return reverse("access_requests:assignments", args=[provider])


_OF_A_PROVIDER = (
    "administration:roles",
    "administration:settings",
    "administration:audit",
    "access_requests:provider_requests",
)
_PLAIN = (
    "portal:home",
    "access_requests:my_roles",
    "access_requests:my_requests",
    "access_requests:approve",
    "notifications:inbox",
    "administration:people",
    "administration:groups",
    "administration:resources",
    "administration:imports",
    "audit:all",
    "audit:mine",
)
_NARROWED = ("q=00001", "sort=role", "sort=end", "holder=groups", "ending=soon", "tab=active&q=person")


def _opened(client: Client, url: str) -> tuple[Cost, HttpResponse]:
    with CaptureQueriesContext(connection) as captured:
        began = process_time()
        response = client.get(url)
        took = process_time() - began
    assert response.status_code == 200, url
    return Cost(len(captured), took * 1000), response


def _joined(url: str, address: str) -> str:
    return f"{url.partition('?')[0]}{address}" if address.startswith("?") else address


def _named(url: str) -> str:
    """The address without ids."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", url)
