"""The accounts of the demo organisation, as the seed makes them and the sign-in page offers them."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "pim-portal-demo"  # noqa: S105 - shown on the sign-in page, in the demo only


@dataclass(frozen=True)
class Account:
    """`part` is what the account plays in the demo, in two words or less."""

    email: str
    name: str
    part: str
    icon: str


CAST = (
    Account("john.doe@example.com", "John Doe", "End user", "person"),
    Account("approver@example.com", "Jane Roe", "Approver", "check2-circle"),
    Account("admin@example.com", "Ada Admin", "Admin", "sliders"),
    Account("reviewer@example.com", "Rita Reviewer", "Reviewer", "clipboard-check"),
    Account("auditor@example.com", "Alan Auditor", "Auditor", "search"),
    Account("guest@example.com", "Grace Guest", "Guest", "person-badge"),
)
EMAILS = frozenset(account.email for account in CAST)
