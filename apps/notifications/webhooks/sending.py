"""One POST to one webhook: to an address that was checked, in ten seconds, reading nothing but the status.

Plain `http.client`: it follows no redirect, asks no proxy, reads no body unless told to, and takes the
connection that it is given.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from threading import Thread, Timer
from time import monotonic

from apps.common.errors import Invalid
from apps.notifications.webhooks.policy import Address, Network, Target, refusal_to_send, target_of

TIME_LIMIT = 10.0  # seconds for everything, from the name to the status
_TAKEN, _REDIRECTS = range(200, 300), range(300, 400)
_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "PIM-Portal"}
_TLS = ssl.create_default_context  # made anew, so that a certificate authority may be added

Resolve = Callable[[str, int], Sequence[Address]]
Connect = Callable[[tuple[str, int], float], socket.socket]


class NotDelivered(OSError):
    """Its text says why in plain words; `status_code` is the answer's, if there was one."""

    def __init__(self, sentence: str, status_code: int | None = None) -> None:
        super().__init__(sentence)
        self.status_code = status_code


def addresses_of(host: str, port: int) -> Sequence[Address]:
    """Every address that the name has now; none for one that is not known."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(ip_address(sockaddr[0]) for *_, sockaddr in found))


@dataclass(frozen=True)
class Sender:
    """Sends over the network that it is given; `networks` are the private ones that may be reached."""

    networks: Sequence[Network] = ()
    resolve: Resolve = addresses_of
    connect: Connect = socket.create_connection
    time_limit: float = TIME_LIMIT

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer, which says that it was taken. Raises `NotDelivered` otherwise."""
        ends_at = monotonic() + self.time_limit
        try:
            status = self._status(target_of(url), body, headers, ends_at)
        except (Invalid, OSError, HTTPException) as error:
            raise _in_plain_words(error, is_late=monotonic() >= ends_at) from None
        if status not in _TAKEN:
            hint = " Redirects are not followed." if status in _REDIRECTS else ""
            raise NotDelivered(f"It answered {status}.{hint}", status)
        return status

    def _status(self, target: Target, body: bytes, headers: Mapping[str, str], ends_at: float) -> int:
        """The name is resolved once, here, and the connection goes to what was checked: a name that means
        something else a moment later leads nowhere."""
        addresses = self._checked_addresses(target, ends_at)
        raw = self._connected(addresses, target.port, ends_at)
        with _cut_off(raw, ends_at), closing(_conversation(target)) as connection:
            connection.sock = _TLS().wrap_socket(raw, server_hostname=target.host) if target.is_https else raw
            connection.request("POST", target.path, body, {**_HEADERS, **headers})
            with connection.getresponse() as response:
                return response.status

    def _checked_addresses(self, target: Target, ends_at: float) -> Sequence[Address]:
        """In a thread, because nothing else ends a question to a name server that does not answer."""
        found: list[Address] = []
        asking = Thread(target=lambda: found.extend(self.resolve(target.host, target.port)), daemon=True)
        asking.start()
        asking.join(ends_at - monotonic())
        if asking.is_alive():
            raise TimeoutError
        if refusal := refusal_to_send(target, found, self.networks):
            raise NotDelivered(refusal)
        return found

    def _connected(self, addresses: Sequence[Address], port: int, ends_at: float) -> socket.socket:
        """To the first that answers."""
        failure: OSError = TimeoutError()
        for address in addresses:
            if (left := ends_at - monotonic()) <= 0:
                break
            try:
                return self.connect((str(address), port), left)
            except OSError as error:
                failure = error
        raise failure


def _conversation(target: Target) -> HTTPConnection:
    """It knows the name, for the Host line, and is given its connection."""
    kind = HTTPSConnection if target.is_https else HTTPConnection
    return kind(target.host, target.port)


@contextmanager
def _cut_off(raw: socket.socket, ends_at: float) -> Iterator[None]:
    """Hang up when time is out, whatever is going on: time limits of sockets begin anew with each byte."""
    line = raw.dup()  # the other one belongs to whoever encrypts it
    timer = Timer(max(ends_at - monotonic(), 0), _hang_up, [line])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        line.close()


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        line.shutdown(socket.SHUT_RDWR)


def _in_plain_words(error: Exception, *, is_late: bool) -> NotDelivered:
    if isinstance(error, NotDelivered):
        return error
    if isinstance(error, Invalid):
        return NotDelivered(str(error))
    if isinstance(error, TimeoutError) or is_late:
        return NotDelivered("No answer in time.")
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotDelivered("Its certificate is not valid for this address.")
    if isinstance(error, ConnectionRefusedError):
        return NotDelivered("Nothing answers at this address.")
    return NotDelivered("The connection broke off, or no web server answered.")
