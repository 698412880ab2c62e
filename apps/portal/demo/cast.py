"""The people of the demo organisation, as the seed makes them and the sign-in page offers them."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "pim-portal-demo"  # noqa: S105 - shown on the sign-in page, in the demo only


@dataclass(frozen=True)
class Account:
    """`part` is what the account plays in the demo, `what` says it in a line. Guests have no factor."""

    email: str
    name: str
    part: str
    icon: str
    what: str = ""
    job_title: str = ""
    department: str = ""
    is_guest: bool = False


CAST = (
    Account(
        "john.doe@example.com",
        "John Doe",
        "End user",
        "person",
        "eligible for several roles: start here",
        "Collaboration engineer",
        "Collaboration",
    ),
    Account(
        "approver@example.com",
        "Jane Roe",
        "Approver",
        "check2-circle",
        "approves requests",
        "Head of messaging",
        "Collaboration",
    ),
    Account(
        "admin@example.com",
        "Ada Admin",
        "Admin",
        "sliders",
        "permanent Global Administrator",
        "Identity architect",
        "Identity team",
    ),
    Account(
        "reviewer@example.com",
        "Rita Reviewer",
        "Reviewer",
        "clipboard-check",
        "reviews access",
        "Data protection officer",
        "Compliance",
    ),
    Account(
        "auditor@example.com",
        "Alan Auditor",
        "Auditor",
        "search",
        "permanent Security Reader",
        "Auditor",
        "Internal audit",
    ),
    Account(
        "guest@example.com",
        "Grace Guest",
        "Guest",
        "person-badge",
        "a guest without a second factor",
        "Consultant",
        "Contoso",
        is_guest=True,
    ),
)
# People who make the organisation look lived in; the sign-in page does not offer them.
EXTRAS = tuple(
    Account(f"{name}@{host}", called, "", "", "", title, department, is_guest=host != "example.com")
    for name, host, called, title, department in (
        ("tom.baker", "example.com", "Tom Baker", "Messaging engineer", "Collaboration"),
        ("maria.silva", "example.com", "Maria Silva", "Service desk lead", "Identity team"),
        ("kenji.tanaka", "example.com", "Kenji Tanaka", "Site reliability engineer", "Platform team"),
        ("amara.okafor", "example.com", "Amara Okafor", "Head of platform", "Platform team"),
        ("ben.carter", "example.com", "Ben Carter", "Contractor", "Identity team"),
        ("chloe.martin", "example.com", "Chloé Martin", "Service desk agent", "Identity team"),
        ("diego.alvarez", "example.com", "Diego Alvarez", "Finance analyst", "Finance"),
        ("elif.kaya", "example.com", "Elif Kaya", "Security analyst", "Security"),
        ("fatima.noor", "example.com", "Fatima Noor", "Messaging engineer", "Collaboration"),
        ("greta.lind", "example.com", "Greta Lind", "Security analyst", "Security"),
        ("ines.costa", "partner.example", "Ines Costa", "Consultant", "Partner"),
    )
)
# Who is above whom, by the first part of the address.
MANAGERS = {
    "john.doe": "approver",
    "tom.baker": "approver",
    "fatima.noor": "approver",
    "kenji.tanaka": "amara.okafor",
    "maria.silva": "admin",
    "ben.carter": "maria.silva",
    "chloe.martin": "maria.silva",
}
EMAILS = frozenset(account.email for account in CAST)
