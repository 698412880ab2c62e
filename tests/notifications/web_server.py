"""A real web server on this machine that receives webhooks, and a network where it has name and address."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network

from apps.notifications.webhooks.sending import Sender

ADDRESS, NETWORK = ip_address("10.1.2.3"), ip_network("10.1.2.0/24")


class Receiver(ThreadingHTTPServer):
    """Keeps what came. `answers` are given one after the other, the last one for good: a status, or a
    function that is handed the connection."""

    daemon_threads = True

    def __init__(self, *answers):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.received = list(answers) or [204], []

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, *_):
        """Whoever was hung up on says nothing."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer(self)
        else:
            self.send_response(answer)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

    def log_message(self, *_):
        """Nothing."""


@contextmanager
def receiving(*answers, tls=None):
    server = Receiver(*answers)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Wire:
    """Connects to this machine whatever address is asked for, and notes which was."""

    def __init__(self):
        self.asked = []

    def __call__(self, address, timeout):
        self.asked.append(address)
        return socket.create_connection(("127.0.0.1", address[1]), timeout)


def a_sender(*, resolve=lambda _host, _port: [ADDRESS], wire=None, time_limit=5.0):
    return Sender(networks=[NETWORK], resolve=resolve, connect=wire or Wire(), time_limit=time_limit)


def server_context(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
