"""Each list takes the same number of queries however much there is; `measure` shows how long, at any size."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.common.access import Provider
from tests.scale.estate import build_estate, found_estate
from tests.scale.pages import lists, opened

# The four that people have open all day, in statements, the frame around them included.
FREQUENT = {
    reverse("access_requests:my_roles"),
    reverse("access_requests:approve"),
    reverse("audit:all"),
    *(f"{reverse('access_requests:assignments', args=[provider])}?tab=eligible" for provider in Provider),
}
AT_MOST = 10
# A page that shows nothing of a kind asks nothing about it: of groups their members, of a person their ways.
OF_WHAT_IS_SHOWN = 2


def queries(size: int) -> dict[str, int]:
    """By page; of this organisation nothing is left."""
    with transaction.atomic():
        build_estate(size, now=timezone.now())
        estate = found_estate()
        client = Client()
        client.force_login(estate.administrator)
        client.get("/")  # what is read once for all pages counts for none
        found = dict(next(opened(client, url)) for url in lists(estate))
        transaction.set_rollback(True)
    return {page: cost.queries for page, cost in found.items()}


@pytest.mark.django_db
def test_asks_the_database_no_more_often_where_there_is_more():
    few, many = queries(60), queries(240)

    assert {page for page in few if many[page] - few[page] > OF_WHAT_IS_SHOWN} == set()
    assert {page: many[page] for page in FREQUENT if not few[page] == many[page] <= AT_MOST} == {}
