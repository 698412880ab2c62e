from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from pimportal import environment

FILE = Path("/var/lib/pim/pimportal.sqlite3")
GOOD = {
    "secret_key": "s" * 50,
    "factor_keys": ["f" * 32],
    "hosts": ["pim.example.com"],
    "base_url": "https://pim.example.com",
}


def test_reads_names_and_values_of_a_file(tmp_path):
    (tmp_path / "env").write_text("# keys\n\nSECRET_KEY=a=b\nPORT = 8001\n")

    assert environment.read_file(tmp_path / "env") == {"SECRET_KEY": "a=b", "PORT": "8001"}


def test_reads_nothing_from_a_file_that_is_not_there(tmp_path):
    assert environment.read_file(tmp_path / "env") == {}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "pim.localhost", "LOCALHOST"]
)
def test_knows_names_of_this_machine(host):
    assert environment.is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "*", "0.0.0.0", "10.0.0.1", "pim.example.com", "localhost.example.com", "127.0.0.1.nip.io"]
)
def test_takes_no_other_name_for_this_machine(host):
    assert not environment.is_loopback(host)


def test_uses_sqlite_without_a_url():
    described = environment.database("", default=FILE)

    assert (described["ENGINE"], described["NAME"]) == ("django.db.backends.sqlite3", FILE)


def test_takes_the_file_of_a_sqlite_url():
    assert environment.database("sqlite:////srv/pim%20portal.db", default=FILE)["NAME"] == Path(
        "/srv/pim portal.db"
    )


def test_decodes_every_part_of_a_postgresql_url():
    described = environment.database(
        "postgres://pim%40corp:p%2Fw%3F%23@db.example.com:5433/pim%20portal?sslmode=verify-full", default=FILE
    )

    assert {name: described[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")} == {
        "NAME": "pim portal",
        "USER": "pim@corp",
        "PASSWORD": "p/w?#",
        "HOST": "db.example.com",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "verify-full", **environment.POSTGRESQL_OPTIONS},
    }


def test_the_url_says_how_long_to_wait_for_postgresql():
    described = environment.database("postgres://db.example.com/pim?connect_timeout=30", default=FILE)

    assert described["OPTIONS"]["connect_timeout"] == "30"


def test_takes_a_socket_for_the_host_of_postgresql():
    assert (
        environment.database("postgresql:///pim?host=/run/postgresql", default=FILE)["HOST"]
        == "/run/postgresql"
    )


@pytest.mark.parametrize("url", ["mysql://h/d", "postgres://u:secret@h:port/d", "postgres://u:secret@[h/d"])
def test_refuses_another_database_without_repeating_its_password(url):
    with pytest.raises(ImproperlyConfigured) as refusal:
        environment.database(url, default=FILE)

    assert "DATABASE_URL" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_knows_no_mail_server_without_a_url():
    assert environment.mail_server("").host == ""


@pytest.mark.parametrize(("scheme", "port"), [("smtp", 25), ("smtp+tls", 587), ("smtps", 465)])
def test_knows_the_port_of_each_way_to_send(scheme, port):
    assert environment.mail_server(f"{scheme}://mail.example.com").port == port


def test_decodes_user_and_password_of_the_mail_server():
    assert environment.mail_server("smtps://a%40b:c%3Ad@mail.example.com:2465") == environment.MailServer(
        scheme="smtps", host="mail.example.com", port=2465, user="a@b", password="c:d"
    )


@pytest.mark.parametrize("url", ["mail.example.com", "http://mail.example.com", "smtp://"])
def test_refuses_what_is_no_mail_server(url):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        environment.mail_server(url)


def test_has_nothing_against_a_complete_production():
    assert environment.problems_of_production(**GOOD) == []


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("secret_key", "", "SECRET_KEY"),
        ("secret_key", "x" * 49, "SECRET_KEY"),
        ("factor_keys", [], "PIM_FACTOR_KEYS"),
        ("factor_keys", ["f" * 32, "f" * 31], "PIM_FACTOR_KEYS"),
        ("factor_keys", [GOOD["secret_key"]], "PIM_FACTOR_KEYS"),
        ("hosts", [], "ALLOWED_HOSTS"),
        ("base_url", "", "BASE_URL"),
        ("base_url", "pim.example.com", "BASE_URL"),
        ("base_url", "http://pim.example.com", "https"),
    ],
)
def test_says_what_production_lacks(name, value, says):
    (problem,) = environment.problems_of_production(**GOOD | {name: value})

    assert says in problem


def test_lets_production_be_tried_on_this_machine_without_https():
    assert environment.problems_of_production(**GOOD | {"base_url": "http://localhost:8000"}) == []


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("hosts", ["localhost", "pim.example.com"], "pim.example.com"),
        ("hosts", ["*"], "ALLOWED_HOSTS"),
        ("base_url", "https://pim.example.com", "BASE_URL"),
        ("listen", "0.0.0.0", "PIM_LISTEN"),
    ],
)
def test_keeps_the_demo_on_this_machine(name, value, says):
    good = {"hosts": ["localhost"], "base_url": "http://127.0.0.1:8000", "listen": "127.0.0.1"}

    (problem,) = environment.problems_of_demo(**good | {name: value})

    assert environment.problems_of_demo(**good) == []
    assert says in problem


def test_reads_the_networks_of_webhooks():
    found = environment.webhook_networks(["10.20.0.0/16", "fd00:1::/64", "192.0.2.7"])

    assert [str(network) for network in found] == ["10.20.0.0/16", "fd00:1::/64", "192.0.2.7/32"]


@pytest.mark.parametrize("text", ["intranet", "10.20.0.1/16", "10.20.0.0/99"])
def test_refuses_what_is_no_network(text):
    with pytest.raises(ImproperlyConfigured, match=r"names networks such as 10\.20\.0\.0/16"):
        environment.webhook_networks([text])


@pytest.mark.parametrize("text", ["127.0.0.0/8", "0.0.0.0/0", "169.254.169.254", "::1", "::/0"])
def test_lets_webhooks_into_no_network_of_this_machine(text):
    with pytest.raises(ImproperlyConfigured, match="addresses that webhooks never lead to"):
        environment.webhook_networks([text])
