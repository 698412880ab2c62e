"""A PostgreSQL server of one's own, for as long as a command takes:

    python -m tests.postgresql make test

sets TEST_DATABASE_URL for that command. Standard library alone: it runs before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OPTIONS = "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"


class ServerMissing(Exception):
    """There are no programs of a PostgreSQL server on this machine."""


class Server:
    """One server with an empty data folder, on a port of its own, trusting whoever is on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.port = _free_port()
        self._programs = find_programs()

    @property
    def url(self) -> str:
        return f"postgres://pim@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        if _is_root():
            shutil.chown(self.folder, "nobody", "nogroup")
        places = ("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        self._run("initdb", "--pgdata", self.data, "--username", "pim", "--auth", "trust", *places)

    def start(self) -> None:
        options = _OPTIONS.format(port=self.port, folder=self.folder)
        self._control("--log", self.data / "log", "--wait", "--options", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """`immediate` is a crash to those connected and to the next start; `fast` writes everything first."""
        self._control("--mode", mode, "--wait", "stop")

    def _control(self, *arguments: str | Path) -> None:
        self._run("pg_ctl", "--pgdata", self.data, "--silent", *arguments)

    def _run(self, program: str, *arguments: str | Path) -> None:
        """As nobody where we are root, as whom it refuses to run. What it says goes to a file, since a server
        holds on to what it was started with."""
        said = self.folder / f"{program}.txt"
        with said.open("ab") as output:
            done = subprocess.run(
                [
                    *_as_nobody(),
                    "env",
                    f"HOME={self.folder}",
                    str(self._programs / program),
                    *map(str, arguments),
                ],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {said.read_text()}")


@contextmanager
def private_server() -> Iterator[Server]:
    """A running server, of which nothing is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pim-portal-postgresql-"))
    try:
        server = Server(folder)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path:
    """The folder of the server's programs, the newest first; Debian keeps them out of PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version_of, reverse=True)
    in_path = shutil.which("initdb")
    for folder in [*debian, *([Path(in_path).resolve().parent] if in_path else [])]:
        if (folder / "initdb").exists():
            return folder
    raise ServerMissing("PostgreSQL's server programs are not there. Debian: apt-get install postgresql")


def _version_of(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _is_root() -> bool:
    return os.geteuid() == 0


def _as_nobody() -> list[str]:
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if _is_root() else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with private_server() as server:
        return subprocess.call(command, env=os.environ | {"TEST_DATABASE_URL": server.url})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
