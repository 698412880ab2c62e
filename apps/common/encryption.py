"""Secrets at rest. Keys are `settings.FACTOR_KEYS`, newest first: the first one seals, all of them open.

What the portal must show again is sealed; what it only has to recognise is kept as a fingerprint.
"""

from __future__ import annotations

import base64
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_SECRETS = b"pim-portal second-factor secret"
_CODES = b"pim-portal one-time code"


def seal(secret: bytes) -> str:
    return _box(tuple(settings.FACTOR_KEYS)).encrypt(secret).decode()


def unseal(sealed: str) -> bytes:
    """Raises `cryptography.fernet.InvalidToken` when the key it was sealed with is no longer configured."""
    return _box(tuple(settings.FACTOR_KEYS)).decrypt(sealed)


def fingerprint(text: str) -> str:
    """What is stored of a one-time code: a keyed hash, by the newest key."""
    return fingerprints(text)[0]


def fingerprints(text: str) -> list[str]:
    """All that may be stored of this code, one for each key, newest first."""
    return [_keyed_hash(key, text) for key in settings.FACTOR_KEYS]


def _keyed_hash(key: str, text: str) -> str:
    return hmac.new(_derive(key, _CODES), text.encode(), "sha256").hexdigest()


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(key, _SECRETS))) for key in keys])


def _derive(key: str, purpose: bytes) -> bytes:
    """A key of its own for each purpose, so that nothing made for the one means anything to the other."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
