"""The signature by which a receiver knows the portal (standardwebhooks.com): docs/webhooks.md says how."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime

SECRET_BYTES = 32


def make_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """As receivers expect to be given it."""
    return f"whsec_{base64.b64encode(secret).decode()}"


def signed_headers(message_id: str, body: bytes, *, secret: bytes, now: datetime) -> dict[str, str]:
    """Of one try: the time is of now, so that a receiver can refuse what is old."""
    timestamp = str(int(now.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }
