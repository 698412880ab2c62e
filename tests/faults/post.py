"""A mail server that counts what it takes, and that can refuse, hang or be gone."""

from __future__ import annotations

import socket
from collections import Counter
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller

from tests.driving.portal import free_port


class PostOffice:
    """Always at the same address. `mailed`: how often each notice came, by its id."""

    def __init__(self) -> None:
        self.mailed: Counter[str] = Counter()
        self.is_refusing = False
        self._port = free_port()
        self._open: Controller | None = None
        self._silent: socket.socket | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._port}"

    @property
    def repeated(self) -> int:
        """How many came more than once."""
        return sum(count > 1 for count in self.mailed.values())

    def take(self) -> None:
        self.shut()
        self.is_refusing = False
        self._open = Controller(self, hostname="127.0.0.1", port=self._port)
        self._open.start()

    def refuse(self) -> None:
        """Every recipient, for now."""
        self.is_refusing = True

    def hang(self) -> None:
        """Whoever calls is put through, and never hears a word."""
        self.shut()
        self._silent = socket.create_server(("127.0.0.1", self._port))

    def shut(self) -> None:
        """Nobody is there."""
        if self._open:
            self._open.stop()
        if self._silent:
            self._silent.close()
        self._open = self._silent = None

    # ---- What the server asks of us

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, to: str, _options: Any) -> str:  # noqa: N802
        if self.is_refusing:
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message_id = message_from_bytes(envelope.content)["Message-ID"]
        self.mailed[message_id.strip("<").partition("@")[0]] += 1
        return "250 OK"
