"""Where a request comes from."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's network address; empty where nothing says one. `settings.PROXY_COUNT` proxies of ours each
    added one address to the forwarded header; what stands further left, anybody can write."""
    header, proxies = request.headers.get("X-Forwarded-For"), settings.PROXY_COUNT
    forwarded = header.split(",") if header else []
    if 0 < proxies <= len(forwarded):
        return _as_address(forwarded[-proxies])
    return _as_address(request.META.get("REMOTE_ADDR", ""))


def _as_address(text: str) -> str:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
