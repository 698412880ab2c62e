"""Where one acts on a finding: what it names leads to the page about that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from apps.administration.policy.people import can_see_people
from apps.alerts.models import Finding
from apps.common.access import Access, Permission, Provider, everywhere
from apps.roles.policy.paths import ancestor_ids


@dataclass(frozen=True)
class Link:
    label: str
    url: str


def links_of(finding: Finding, access: Access, tab: str = "") -> list[Link]:
    """The pages that open to whoever has this access, nearest to the matter first. `tab`: the one of the list
    of assignments on which its row stands."""
    return list({link.url: link for link in _links(finding, access, tab)}.values())


def about_url(finding: Finding, access: Access) -> str:
    """The page of the person or group that it is about; nothing where that might not open."""
    if finding.about_kind == "user" and can_see_people(access):
        return reverse("administration:person", args=[finding.about_id])
    if finding.about_kind == "group" and access.may(Permission.ASSIGNMENTS_READ, Provider.GROUPS, ""):
        return reverse("administration:group", args=[finding.about_id])
    return ""


_NAMED = {  # of `Finding.ids`: the page of what has this id alone
    "review": ("Access review", "reviews:review", Permission.REVIEWS_READ),
    "request": ("Request", "access_requests:request", Permission.REQUESTS_READ),
    "group": ("Group", "administration:group", Permission.ASSIGNMENTS_READ),
}


def _links(finding: Finding, access: Access, tab: str) -> Iterator[Link]:
    ids: Mapping[str, str] = finding.ids
    if "assignment" in ids and _may(access, Permission.ASSIGNMENTS_READ, finding):
        asked = {"q": finding.about_name, "tab": tab or "eligible"}
        yield Link("Assignments", _on_place("access_requests:assignments", finding, **asked))
    for name, (label, view, permission) in _NAMED.items():
        if name in ids and _may(access, permission, finding):
            yield Link(label, reverse(view, args=[ids[name]]))
    if ids.get("person") and can_see_people(access):
        yield Link("Person", reverse("administration:person", args=[ids["person"]]))
    if "everywhere" in ids:
        of, reads = ids["everywhere"], Permission.SETTINGS_READ
        if access.may(reads, of, everywhere(of)):
            yield Link("Role settings", reverse("administration:role_settings", args=[of, ids["role"]]))
    elif "role" in ids and _may(access, Permission.SETTINGS_READ, finding):
        yield Link("Role settings", _on_place("administration:role_settings", finding, ids["role"]))
    if url := about_url(finding, access):
        yield Link("Person" if finding.about_kind == "user" else "Group", url)


def _on_place(view: str, finding: Finding, *args: str, **asked: str) -> str:
    if finding.provider != Provider.DIRECTORY:
        asked["on"] = str(ancestor_ids(finding.path)[-1])
    return f"{reverse(view, args=[finding.provider, *args])}?{urlencode(asked)}"


def _may(access: Access, permission: Permission, finding: Finding) -> bool:
    return access.may(permission, finding.provider, finding.path)
