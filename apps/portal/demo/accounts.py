"""Who can sign in to the demo organisation, and with what: shown at start and on the sign-in page."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "demo-organisation"  # noqa: S105  public: the demo answers on this machine only


@dataclass(frozen=True)
class DemoAccount:
    email: str
    name: str
    what: str


ACCOUNTS = (
    DemoAccount("admin@example.com", "Avery Admin", "permanent Global Administrator"),
    DemoAccount("approver@example.com", "Alex Approver", "approves requests"),
    DemoAccount("john.doe@example.com", "John Doe", "eligible for several roles: start here"),
    DemoAccount("reviewer@example.com", "Robin Reviewer", "reviews access"),
    DemoAccount("auditor@example.com", "Ash Auditor", "permanent Security Reader"),
    DemoAccount("guest@example.com", "Gale Guest", "a guest, without a second factor"),
)
