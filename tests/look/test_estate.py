"""The trees of resources, the roles, the log of a place and the search, in all their looks."""

from __future__ import annotations

from django.urls import reverse

from apps.common.access import Provider
from apps.roles.models import Resource, RoleDefinition
from tests.look.looks import complaints


def test_pages_of_an_estate_are_accessible(signed_in):
    alma = signed_in("admin@example.com")

    for path in pages_of_an_estate():
        alma.goto(path)
        assert complaints(alma) == [], path


def pages_of_an_estate() -> list[str]:
    named = {row.name: row for row in Resource.objects.filter(provider=Provider.RESOURCES)}
    payments, sandbox = named["rg-payments-prod"], named["Sandbox"]
    custom = RoleDefinition.objects.custom().get()
    return [
        reverse("administration:resources"),
        named["Production"].get_absolute_url(),
        f"{reverse('administration:move_resource', args=[payments.pk])}?to={sandbox.pk}",
        f"{reverse('administration:roles', args=[Provider.RESOURCES])}?on={payments.pk}",
        reverse("administration:change_role", args=[custom.provider, custom.pk]),
        f"{reverse('administration:audit', args=[Provider.RESOURCES])}?on={payments.pk}",
        f"{reverse('administration:search')}?q=pay",
    ]
