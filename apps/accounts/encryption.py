"""Secrets at rest. Keys are `settings.FACTOR_KEYS`, newest first: the first one seals, all of them open."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE = b"pim-portal second-factor secret"


def seal(secret: bytes) -> str:
    return _box(tuple(settings.FACTOR_KEYS)).encrypt(secret).decode()


def unseal(sealed: str) -> bytes:
    """Raises `cryptography.fernet.InvalidToken` when the key it was sealed with is no longer configured."""
    return _box(tuple(settings.FACTOR_KEYS)).decrypt(sealed)


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(key))) for key in keys])


def _derive(key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
