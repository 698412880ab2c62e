"""Links that are credentials: whoever opens one has the mail it stood in.

The secret is a signature over path and address. It is made when the mail is rendered, from `SECRET_KEY`, so
no row, and no copy of the database, ever holds it.
"""

from __future__ import annotations

from django.core.signing import BadSignature, Signer

_SALT, _SEPARATOR = "notifications.links", "~"


def signed_path(path: str, address: str) -> str:
    """The path with the signature for this address as its `key`. `path` has no query."""
    return f"{path}?key={_signer().signature(_what(path, address))}"


def is_signed(path: str, address: str, signature: str) -> bool:
    """Whether this is the signature of `path` for this address, by today's key or one that was replaced."""
    try:
        _signer().unsign(f"{_what(path, address)}{_SEPARATOR}{signature}")
    except BadSignature:
        return False
    return True


def _what(path: str, address: str) -> str:
    return f"{path}\n{address.lower()}"


def _signer() -> Signer:
    """Made anew, so that a key which is replaced takes effect."""
    return Signer(salt=_SALT, sep=_SEPARATOR)
