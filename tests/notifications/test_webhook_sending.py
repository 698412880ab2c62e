"""One POST, to real web servers on this machine: what is sent, what is refused, and what ends it."""

import base64
import hashlib
import hmac
import socket
import struct
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from apps.notifications.webhooks import sending
from apps.notifications.webhooks.sending import NotDelivered
from apps.notifications.webhooks.signing import make_secret, shown, signed_headers
from tests.notifications.web_server import ADDRESS, Wire, a_sender, receiving, server_context

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
BODY = '{"text":"Rôle beendet"}'.encode()


def post(server, sender=None, *, scheme="http", path="/hook?team=1", headers=None):
    url = f"{scheme}://hooks.example.com:{server.port}{path}"
    return (sender or a_sender()).post(url, body=BODY, headers=headers or {})


def refused(server, sender=None, **facts):
    with pytest.raises(NotDelivered) as failure:
        post(server, sender, **facts)
    return failure.value


def test_sends_the_very_bytes_to_the_path_and_the_name():
    with receiving(204) as server:
        assert post(server, headers={"webhook-id": "msg_1"}) == 204

    (path, headers, body), *more = server.received
    assert (path, body, more) == ("/hook?team=1", BODY, [])
    assert headers["Host"] == f"hooks.example.com:{server.port}"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["webhook-id"] == "msg_1"


def test_signs_what_a_receiver_can_check():
    """Worked out here by the words of the standard, not by the code of the portal."""
    secret = make_secret()
    with receiving(200) as server:
        post(server, headers=signed_headers("msg_7", BODY, secret=secret, now=NOW))

    _, headers, body = server.received[0]
    key = base64.b64decode(shown(secret).removeprefix("whsec_"))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert int(headers["webhook-timestamp"]) == int(NOW.timestamp())


def test_follows_no_redirect():
    with receiving(301) as server:
        failure = refused(server)

    assert (failure.status_code, str(failure)) == (301, "It answered 301. Redirects are not followed.")
    assert len(server.received) == 1


def test_says_what_it_answered():
    with receiving(500) as server:
        assert str(refused(server)) == "It answered 500."


def test_asks_no_proxy_of_the_environment(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with receiving(204) as server:
        assert post(server) == 204


def test_connects_to_the_address_that_was_checked_however_the_name_changes():
    """DNS rebinding: the second answer leads to this machine, and is never asked for."""
    answers = iter([[ADDRESS], [ip_address("127.0.0.1")]])
    wire = Wire()
    sender = a_sender(resolve=lambda _host, _port: next(answers), wire=wire)
    with receiving(204) as server:
        post(server, sender)
        assert wire.asked == [(str(ADDRESS), server.port)]

        failure = refused(server, sender)

    assert str(failure) == "Its host leads to this machine, or to an address that is never used."
    assert len(wire.asked) == len(server.received) == 1


def test_reaches_nothing_where_one_of_the_addresses_is_refused():
    wire = Wire()
    sender = a_sender(resolve=lambda _host, _port: [ADDRESS, ip_address("::1")], wire=wire)
    with receiving(204) as server:
        refused(server, sender)

    assert wire.asked == []


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_reaches_this_machine_under_no_name(host):
    sender = sending.Sender()
    with receiving(204) as server, pytest.raises(NotDelivered):
        sender.post(f"https://{host}:{server.port}/", body=BODY, headers={})

    assert server.received == []


def test_knows_no_name_that_nobody_knows():
    with pytest.raises(NotDelivered, match="The name of its host is not known"):
        a_sender(resolve=lambda _host, _port: []).post("http://nowhere.example/", body=BODY, headers={})


# ---- Servers that behave badly -----------------------------------------------------------------------------


def hang(handler):
    time.sleep(2)


def drip(handler):
    """A byte now and then: each one begins the time limit of a socket anew."""
    for byte in b"HTTP/1.1 204 No Content\r\n" * 40:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


def reset(handler):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def gibberish(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")


@pytest.mark.parametrize("answer", [hang, drip])
def test_gives_up_in_time(answer):
    began = time.monotonic()
    with receiving(answer) as server:
        failure = refused(server, a_sender(time_limit=0.4))

        assert time.monotonic() - began < 1
    assert str(failure) == "No answer in time."


def test_gives_up_on_a_name_server_that_does_not_answer():
    def resolve(_host, _port):
        time.sleep(1)
        return [ADDRESS]

    with receiving(204) as server:
        assert str(refused(server, a_sender(resolve=resolve, time_limit=0.2))) == "No answer in time."


@pytest.mark.parametrize("answer", [reset, gibberish])
def test_says_that_the_connection_broke_off(answer):
    with receiving(answer) as server:
        failure = refused(server)

    assert str(failure) == "The connection broke off, or no web server answered."


def test_says_that_nothing_answers():
    with receiving(204) as server:
        pass

    assert str(refused(server)) == "Nothing answers at this address."


def test_reads_nothing_of_a_huge_answer():
    sent = []

    def pour(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        chunk = b"x" * 1_000_000
        while len(sent) < 500:
            handler.wfile.write(chunk)
            sent.append(len(chunk))

    with receiving(pour) as server:
        assert post(server) == 200

    assert len(sent) < 50  # what the system's buffers take


# ---- Certificates ------------------------------------------------------------------------------------------


@pytest.fixture
def certified(tmp_path, monkeypatch):
    """A server's TLS with a certificate for a name, of an authority that this machine knows."""

    def for_name(name):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        made = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(made - timedelta(days=1))
            .not_valid_after(made + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(pem))
        (tmp_path / "key.pem").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        return server_context(tmp_path / "cert.pem", tmp_path / "key.pem")

    return for_name


def test_checks_the_certificate_against_the_name_and_connects_to_the_address(certified):
    wire = Wire()
    with receiving(204, tls=certified("hooks.example.com")) as server:
        assert post(server, a_sender(wire=wire), scheme="https") == 204

    assert wire.asked == [(str(ADDRESS), server.port)]


def test_refuses_a_certificate_for_another_name(certified):
    with receiving(204, tls=certified("other.example.com")) as server:
        failure = refused(server, scheme="https")

    assert str(failure) == "Its certificate is not valid for this address."
    assert server.received == []


def test_refuses_a_certificate_that_nobody_vouches_for(certified, monkeypatch):
    tls = certified("hooks.example.com")
    monkeypatch.delenv("SSL_CERT_FILE")
    with receiving(204, tls=tls) as server:
        assert str(refused(server, scheme="https")) == "Its certificate is not valid for this address."


def test_gives_up_in_time_on_a_server_that_does_not_shake_hands():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://hooks.example.com:{silent.getsockname()[1]}/"
        with pytest.raises(NotDelivered, match="No answer in time"):
            a_sender(time_limit=0.3).post(url, body=BODY, headers={})
