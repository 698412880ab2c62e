"""Where a webhook may lead. Pure: names are resolved by `sending`, and every address is asked about here.

The portal stands where others cannot reach, and whoever adds a webhook chooses what it reaches from there.
So it never speaks to its own machine or link, and to private networks only where the environment names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from apps.common.errors import Invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NEVER = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this machine, on some systems
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local, where clouds hand out credentials
            "168.63.129.16/32",  # the same, of Azure
            "224.0.0.0/4",  # multicast, and all that is reserved above it
            "240.0.0.0/4",
            "::/96",  # unspecified, loopback, IPv4-compatible
            "fd00:ec2::254/128",
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",
            # IPv4 addresses in another form: mapped, NAT64, 6to4, Teredo.
            "::ffff:0:0/96",
            "::ffff:0:0:0/96",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2002::/16",
            "2001::/32",
        ),
    )
)
LONGEST_URL = 500
_HTTPS_ONLY = "http:// is only for networks that PIM_WEBHOOK_NETWORKS names. Use https://."
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Target:
    """A URL that was read."""

    scheme: str
    host: str
    port: int
    path: str  # with its query

    @property
    def is_https(self) -> bool:
        return self.scheme == "https"


def target_of(url: str) -> Target:
    """What a URL says. Raises `Invalid` with a sentence for one that no webhook may have."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Invalid("This is not the address of a web server.") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Invalid("Write an address that begins with https://.")
    if not all("!" <= char <= "~" for char in url) or "\\" in url:
        raise Invalid("Write the address without spaces and in plain letters: xn--… for other host names.")
    if "@" in parts.netloc:
        raise Invalid("An address with a user name or password in it cannot be used.")
    if parts.fragment or len(url) > LONGEST_URL:
        raise Invalid(f"Write an address of at most {LONGEST_URL} characters, without #.")
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    return Target(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path)


def require_possible(url: str, networks: Sequence[Network]) -> None:
    """Raise `Invalid` for a URL to which nothing would ever be sent, as far as that is known without asking
    for its name."""
    target = target_of(url)
    try:
        address = ip_address(target.host)
    except ValueError:
        refusal = "" if target.is_https or networks else _HTTPS_ONLY
    else:
        refusal = refusal_to_send(target, [address], networks)
    if refusal:
        raise Invalid(refusal)


def refusal_of(address: Address, networks: Sequence[Network]) -> str:
    """Why nothing is sent to this address; empty when it may be. `networks` are the private ones allowed."""
    if _is_in(address, NEVER):
        return "Its host leads to this machine, or to an address that is never used."
    if not address.is_global and not _is_in(address, networks):
        return "Its host leads into a private network that PIM_WEBHOOK_NETWORKS does not name."
    return ""


def refusal_to_send(target: Target, addresses: Sequence[Address], networks: Sequence[Network]) -> str:
    """As `refusal_of`, for a name: one address that is refused refuses it, as any may be the one used."""
    if not addresses:
        return "The name of its host is not known."
    for address in addresses:
        if refusal := refusal_of(address, networks):
            return refusal
    if not target.is_https and not all(_is_in(address, networks) for address in addresses):
        return _HTTPS_ONLY
    return ""


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
