"""What the text of the environment means: addresses of servers, and what is missing or unsafe.

Pure: `settings.py` reads the environment and hands the values in.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from apps.notifications.webhooks.policy import NEVER, Network

SQLITE_OPTIONS = {
    # Without IMMEDIATE, a transaction that reads first and writes later fails under load.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
# A server that is gone without a word is given up, and people are told, before they give up themselves.
POSTGRESQL_OPTIONS = {"connect_timeout": "5", "tcp_user_timeout": "20000"}
_MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def read_file(path: Path) -> dict[str, str]:
    """The NAME=value lines of a file; empty when there is none. Blank lines and # comments are skipped."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def database(url: str, default: Path) -> dict[str, object]:
    """Django's description of a database: `postgres://user:password@host:port/name?sslmode=require`,
    `sqlite:///path`, or, without a URL, SQLite in the default file."""
    if not url:
        return _sqlite(default)
    parts = _split(url, "DATABASE_URL")
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path[1:])))
    if parts.scheme in {"postgres", "postgresql"}:
        return _postgresql(parts)
    raise ImproperlyConfigured("DATABASE_URL begins with postgres:// or sqlite://.")


def _sqlite(path: Path) -> dict[str, object]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": SQLITE_OPTIONS}


def _postgresql(parts: SplitResult) -> dict[str, object]:
    """Parts are percent-decoded; options such as `sslmode` or a socket's `host` go to libpq."""
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": options.pop("port", None) or str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": POSTGRESQL_OPTIONS | options,
    }


@dataclass(frozen=True)
class MailServer:
    """`smtp` sends in the clear, `smtp+tls` after STARTTLS, `smtps` over TLS from the first byte."""

    scheme: str = ""
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""


def mail_server(url: str) -> MailServer:
    """What `smtp+tls://user:password@host:587` says; without a URL, a server without a host."""
    if not url:
        return MailServer()
    parts = _split(url, "EMAIL_URL")
    if parts.scheme not in _MAIL_PORTS or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL looks like smtp+tls://user:password@host:587.")
    return MailServer(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or _MAIL_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _split(url: str, name: str) -> SplitResult:
    """Never repeats the URL in an error: it holds a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # a port that is no number fails only when asked for
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} cannot be read. Percent-encode special characters in its password."
        ) from None
    return parts


def webhook_networks(texts: list[str]) -> list[Network]:
    """The private networks that webhooks may lead to, such as 10.20.0.0/16."""
    return [_webhook_network(text) for text in texts]


def _webhook_network(text: str) -> Network:
    try:
        network = ip_network(text)
    except ValueError:
        raise ImproperlyConfigured(
            f"PIM_WEBHOOK_NETWORKS names networks such as 10.20.0.0/16, not {text!r}."
        ) from None
    if any(network.version == never.version and network.overlaps(never) for never in NEVER):
        raise ImproperlyConfigured(
            f"PIM_WEBHOOK_NETWORKS: {text} holds addresses that webhooks never lead to. Name the networks of"
            " the receivers."
        )
    return network


def problems_of_demo(*, hosts: list[str], base_url: str, listen: str) -> list[str]:
    """The demo shows its password and its codes to every visitor, so it is for this machine alone."""
    problems = []
    if outside := [host for host in hosts if not is_loopback(host)]:
        problems.append(f"With PIM_DEMO=1, ALLOWED_HOSTS names this machine only, not {', '.join(outside)}.")
    if not is_loopback(urlsplit(base_url).hostname or ""):
        problems.append("With PIM_DEMO=1, BASE_URL is an address of this machine.")
    if not is_loopback(listen):
        problems.append("With PIM_DEMO=1, PIM_LISTEN is an address of this machine.")
    return problems


# What Django's own deployment check asks for, and 128 bits written as hexadecimal digits.
SHORTEST_SECRET_KEY = 50
SHORTEST_FACTOR_KEY = SHORTEST_TOKEN = 32


def problems_of_production(
    *, secret_key: str, factor_keys: list[str], hosts: list[str], base_url: str
) -> list[str]:
    """One sentence for each setting that a real installation lacks."""
    problems = []
    if len(secret_key) < SHORTEST_SECRET_KEY:
        problems.append(
            f"Set SECRET_KEY to a random text of at least {SHORTEST_SECRET_KEY} characters; it signs sessions"
            " and tasks."
        )
    if not factor_keys or min(map(len, factor_keys)) < SHORTEST_FACTOR_KEY or secret_key in factor_keys:
        problems.append(
            f"Set PIM_FACTOR_KEYS to another random text, of at least {SHORTEST_FACTOR_KEY} characters; it"
            " encrypts the secrets of second factors."
        )
    if not hosts:
        problems.append("Set ALLOWED_HOSTS to the host names of the portal, separated by commas.")
    parts = urlsplit(base_url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        problems.append("Set BASE_URL to the portal's address, such as https://pim.example.com.")
    elif parts.scheme != "https" and not is_loopback(parts.hostname):
        problems.append("BASE_URL begins with https://: passwords and codes travel over it.")
    return problems
