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
EXTRAS = (
    Account("tom.baker@example.com", "Tom Baker", "", "", "", "Messaging engineer", "Collaboration"),
    Account("maria.silva@example.com", "Maria Silva", "", "", "", "Service desk lead", "Identity team"),
    Account(
        "kenji.tanaka@example.com", "Kenji Tanaka", "", "", "", "Site reliability engineer", "Platform team"
    ),
)
EMAILS = frozenset(account.email for account in CAST)
